using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Sessions;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>
/// Writes assignments, several transactions at a time; each takes all that wait. A lone write waits for nobody, and under load a transaction carries many,
/// because a commit costs far more than a row.
/// </summary>
internal sealed class PostgresSessionWriter : IAsyncDisposable
{
    /// <summary>Transactions under way at once.</summary>
    private const int Writers = 4;

    /// <summary>Rows of a transaction.</summary>
    private const int MaxRows = 500;

    // A row is written when its host's pool has the epoch, and the row that it replaces is the one that the caller has read.
    private const string Upsert = """
        INSERT INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until, host_pool)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE EXISTS (SELECT 1 FROM opsen_pool WHERE pool = $12 AND epoch = $13)
        ON CONFLICT (sticky_id, tier, pool) DO UPDATE
        SET client_id = excluded.client_id, affinity_epoch = excluded.affinity_epoch, reservation_id = excluded.reservation_id,
            gpu_ids = excluded.gpu_ids, created_at = excluded.created_at, last_used = excluded.last_used, reserved_until = excluded.reserved_until,
            host_pool = excluded.host_pool
        WHERE opsen_session.reservation_id = $14
        """;

    private const string SelectEpoch = "SELECT epoch FROM opsen_pool WHERE pool = $1";

    private readonly PostgresDatabase _database;
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>();
    private readonly Task[] _writers;

    /// <summary>Starts the writers.</summary>
    public PostgresSessionWriter(PostgresDatabase database)
    {
        _database = database;
        _writers = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteOnAsync))];
    }

    /// <summary>Writes one assignment; see <see cref="ISessionStore.WriteAsync"/>.</summary>
    public Task<SessionWrite> WriteAsync(string pool, SessionAssignment assignment, Guid? replaces, long epoch)
    {
        var write = new Write(pool, assignment, replaces, epoch);
        return _waiting.Writer.TryWrite(write) ? write.Done.Task : throw new ObjectDisposedException(nameof(PostgresSessionWriter));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_writers);
    }

    private async Task WriteOnAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var group = new List<Write>();
            while (group.Count < MaxRows && _waiting.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            if (group.Count > 0)
            {
                await WriteAsync(group);
            }
        }
    }

    private async Task WriteAsync(List<Write> group)
    {
        // In one order everywhere, or two transactions could wait for each other.
        group.Sort(static (one, other) => string.CompareOrdinal(one.Key, other.Key));
        try
        {
            var outcomes = await _database.RunAsync(connection => WriteAsync(connection, group));
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Done.TrySetResult(outcomes[i]);
            }
        }
#pragma warning disable CA1031 // Every caller of the group gets the failure.
        catch (Exception error)
#pragma warning restore CA1031
        {
            group.ForEach(write => write.Done.TrySetException(error));
        }
    }

    private static async Task<SessionWrite[]> WriteAsync(NpgsqlConnection connection, List<Write> group)
    {
        await using var batch = new NpgsqlBatch(connection);
        var pools = group.Select(static write => write.HostPool).Distinct().Order(StringComparer.Ordinal).ToList();
        pools.ForEach(pool => batch.BatchCommands.Add(PoolLock.Shared(pool)));
        group.ForEach(write => batch.BatchCommands.Add(ToCommand(write)));
        pools.ForEach(pool => batch.BatchCommands.Add(PostgresDatabase.BatchCommand(SelectEpoch, pool)));
        var epochs = await ExecuteAsync(batch, pools);
        return
        [
            .. group.Select((write, i) =>
                batch.BatchCommands[pools.Count + i].RecordsAffected > 0 ? SessionWrite.Stored
                : epochs[write.HostPool] != write.Epoch ? SessionWrite.Fenced
                : SessionWrite.Conflict),
        ];
    }

    /// <summary>Runs the statements as one transaction; returns the pools' epochs, which the last ones read.</summary>
    private static async Task<Dictionary<string, long>> ExecuteAsync(NpgsqlBatch batch, List<string> pools)
    {
        // Only statements that return rows have results here: the locks, then the epochs.
        var epochs = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var results = await batch.ExecuteReaderAsync();
        var result = 0;
        do
        {
            if (result >= pools.Count)
            {
                epochs[pools[result - pools.Count]] = await results.ReadAsync() ? results.GetInt64(0) : 0;
            }

            result++;
        }
        while (await results.NextResultAsync());

        return epochs;
    }

    private static NpgsqlBatchCommand ToCommand(Write write)
    {
        var assignment = write.Assignment;
        var command = PostgresDatabase.BatchCommand(
            Upsert,
            write.Pool,
            assignment.StickyId,
            assignment.Tier,
            assignment.ClientId,
            assignment.AffinityEpoch,
            assignment.ReservationId,
            assignment.GpuIds.IsDefault ? Array.Empty<int>() : assignment.GpuIds.ToArray(),
            assignment.CreatedAt.ToUnixTimeMilliseconds(),
            assignment.LastUsed.ToUnixTimeMilliseconds(),
            assignment.ReservedUntil.ToUnixTimeMilliseconds(),
            assignment.HostPool,
            write.HostPool,
            write.Epoch);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)write.Replaces ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        return command;
    }

    private sealed record Write(string Pool, SessionAssignment Assignment, Guid? Replaces, long Epoch)
    {
        public string HostPool => Assignment.HostPool.Length > 0 ? Assignment.HostPool : Pool;

        public string Key { get; } = $"{Pool}/{Assignment.StickyId}/{Assignment.Tier}";

        public TaskCompletionSource<SessionWrite> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
