using Npgsql;
using Polly;
using Polly.CircuitBreaker;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>The cluster's database: its connections, and the short ways to run statements with positional parameters (<c>$1</c>).</summary>
internal sealed class PostgresDatabase(PostgresConnections connections, PostgresTrouble trouble) : IAsyncDisposable
{
    /// <summary>A server that hangs costs one caller its patience, not everybody: while it fails, one attempt at a time finds out whether it works again, and
    /// all others fail at once.</summary>
    private readonly ResiliencePipeline _breaker = new ResiliencePipelineBuilder()
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.5,
            MinimumThroughput = 2,
            SamplingDuration = TimeSpan.FromSeconds(2),
            BreakDuration = TimeSpan.FromMilliseconds(500),
            ShouldHandle = new PredicateBuilder().Handle<Exception>(PostgresTrouble.IsTrouble),
        })
        .Build();

    /// <summary>Runs some short work on a connection of its own. What fails there is logged once, until something succeeds again. Where it fails because it
    /// takes too long, what becomes of it is unknown.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation = default)
    {
        try
        {
            var result = await _breaker.ExecuteAsync(
                static (call, cancellation) => new ValueTask<T>(call.Database.AttemptAsync(call.Work, cancellation)),
                (Database: this, Work: work),
                cancellation);
            trouble.Succeeded();
            return result;
        }
        catch (BrokenCircuitException error)
        {
            throw new NpgsqlException("PostgreSQL did not answer a moment ago and is not asked at present.", error);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            trouble.Failed(error);
            throw;
        }
    }

    /// <summary>Runs some work on a connection of its own that may take long.</summary>
    public Task<T> RunLongAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation) => RunOnceAsync(work).WaitAsync(cancellation);

    /// <summary>Runs a statement; returns how many rows it changed.</summary>
    public Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object?[] values) => RunAsync(
        async connection =>
        {
            await using var command = Command(connection, sql, values);
            return await command.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellation);

    /// <summary>The first value of a statement's result; null when there is no row.</summary>
    public Task<object?> ScalarAsync(string sql, params object?[] values) => RunAsync(async connection =>
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync();
    });

    /// <summary>A statement's rows.</summary>
    public Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] values) => RunAsync(async connection =>
    {
        var rows = new List<T>();
        await using var command = Command(connection, sql, values);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            rows.Add(read(row));
        }

        return rows;
    });

    /// <summary>A statement that is sent together with others.</summary>
    public static NpgsqlBatchCommand BatchCommand(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connections.DisposeAsync();

    private async Task<T> RunOnceAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        await using var connection = await connections.OpenAsync();
        return await work(connection);
    }

    /// <summary>Gives up after a while; see <see cref="PostgresConnections"/>.</summary>
    private async Task<T> AttemptAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        var attempt = RunOnceAsync(work);
        try
        {
            return await attempt.WaitAsync(connections.Patience, cancellation);
        }
        catch (TimeoutException error) when (!attempt.IsCompleted)
        {
            connections.LeftBehind();
            _ = attempt.ContinueWith(static done => done.Exception, TaskScheduler.Default);
            throw new NpgsqlException($"PostgreSQL does not answer within {connections.Patience.TotalSeconds:0.#} s.", error);
        }
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
#pragma warning disable CA2100 // Callers pass constants.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    private static NpgsqlParameter[] Parameters(object?[] values) =>
        Array.ConvertAll(values, static value => new NpgsqlParameter { Value = value ?? DBNull.Value });
}
