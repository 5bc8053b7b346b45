using Npgsql;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>The cluster's database: its connections, and the short ways to run statements with positional parameters (<c>$1</c>).</summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source, PostgresTrouble trouble) : IAsyncDisposable
{
    /// <summary>Connections of one silo, unless the configuration says otherwise: several silos share what the server takes, which is 100 by default.</summary>
    private const int MaxConnections = 24;

    // Seconds. A server that is there answers within milliseconds; one that is not must not hold up what can go on without it.
    private const int ConnectTimeout = 3;
    private const int CommandTimeout = 5;

    /// <summary>Statements that each connection keeps compiled.</summary>
    private const int PreparedStatements = 32;

    /// <summary>Makes the connections that the configuration describes; none is opened yet.</summary>
    /// <exception cref="StorageStartException">The connection string cannot be read.</exception>
    public static NpgsqlDataSource Open(ServerOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(options.ClusterConnection);
            settings.ApplicationName ??= AppDomain.CurrentDomain.FriendlyName;
            SetUnlessWritten(settings, nameof(settings.MaxPoolSize), () => settings.MaxPoolSize = MaxConnections);
            SetUnlessWritten(settings, nameof(settings.Timeout), () => settings.Timeout = ConnectTimeout);
            SetUnlessWritten(settings, nameof(settings.CommandTimeout), () => settings.CommandTimeout = CommandTimeout);
            SetUnlessWritten(settings, nameof(settings.MaxAutoPrepare), () => settings.MaxAutoPrepare = PreparedStatements);
            SetUnlessWritten(settings, nameof(settings.AutoPrepareMinUsages), () => settings.AutoPrepareMinUsages = 2);
            if (options.ExplicitKeys.Contains("db_max_open_conns") && options.DbMaxOpenConns > 0)
            {
                settings.MaxPoolSize = options.DbMaxOpenConns;
            }

            if (options.ExplicitKeys.Contains("db_max_idle_conns") && options.DbMaxIdleConns > 0)
            {
                settings.MinPoolSize = Math.Min(options.DbMaxIdleConns, settings.MaxPoolSize);
            }

            if (options.ExplicitKeys.Contains("db_conn_max_lifetime") && options.DbConnMaxLifetime > 0)
            {
                settings.ConnectionLifetime = options.DbConnMaxLifetime;
            }

            return NpgsqlDataSource.Create(settings);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new StorageStartException($"cluster_connection cannot be read: {error.Message} Write it like 'Host=db1;Username=opsen;Password=...;Database=opsen'.", error);
        }
    }

    /// <summary>Runs some work on a connection of its own. What fails there is logged once, until something succeeds again.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation = default)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            var result = await work(connection);
            trouble.Succeeded();
            return result;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            trouble.Failed(error);
            throw;
        }
    }

    /// <summary>Runs a statement; returns how many rows it changed.</summary>
    public Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object?[] values) => RunAsync(
        async connection =>
        {
            await using var command = Command(connection, sql, values);
            return await command.ExecuteNonQueryAsync(cancellation);
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
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
#pragma warning disable CA2100 // Callers pass constants.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    private static NpgsqlParameter[] Parameters(object?[] values) => Array.ConvertAll(values, static value => new NpgsqlParameter { Value = value ?? DBNull.Value });

    private static void SetUnlessWritten(NpgsqlConnectionStringBuilder settings, string property, Action set)
    {
        // The builder lists what was written, under its display name.
        if (!settings.Keys.Any(key => key.Replace(" ", "", StringComparison.Ordinal).Equals(property, StringComparison.OrdinalIgnoreCase)))
        {
            set();
        }
    }
}
