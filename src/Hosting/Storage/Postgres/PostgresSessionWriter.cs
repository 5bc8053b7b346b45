using System.Diagnostics;
using Npgsql;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Sessions;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Writes assignments, those that are made at the same time in one transaction with two statements.</summary>
internal sealed class PostgresSessionWriter : IAsyncDisposable
{
    /// <summary>Transactions under way at once.</summary>
    private const int Writers = 2;

    /// <summary>Rows of a transaction.</summary>
    private const int MaxRows = 500;

    // The rows as columns. One counts only if its host's pool has the epoch under which it was granted.
    private const string Rows = """
        unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[],
               $11::text[], $12::text[], $13::bigint[], $14::uuid[])
            AS w (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until,
                  host_pool, fence, epoch, replaces)
        JOIN opsen_pool p ON p.pool = w.fence AND p.epoch = w.epoch
        """;

    // A session that had none for the tier.
    private const string Insert = $"""
        INSERT INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until, host_pool)
        SELECT w.pool, w.sticky_id, w.tier, w.client_id, w.affinity_epoch, w.reservation_id, w.gpu_ids::integer[], w.created_at, w.last_used, w.reserved_until, w.host_pool
        FROM {Rows}
        WHERE w.replaces IS NULL
        ON CONFLICT (sticky_id, tier, pool) DO NOTHING
        RETURNING reservation_id
        """;

    // In place of the row that the caller has read.
    private const string Update = $"""
        UPDATE opsen_session s
        SET client_id = w.client_id, affinity_epoch = w.affinity_epoch, reservation_id = w.reservation_id, gpu_ids = w.gpu_ids::integer[],
            created_at = w.created_at, last_used = w.last_used, reserved_until = w.reserved_until, host_pool = w.host_pool
        FROM {Rows}
        WHERE s.sticky_id = w.sticky_id AND s.tier = w.tier AND s.pool = w.pool AND s.reservation_id = w.replaces
        RETURNING s.reservation_id
        """;

    private const string SelectEpochs = "SELECT pool, epoch FROM opsen_pool WHERE pool = ANY($1)";

    private readonly PostgresDatabase _database;
    private readonly Grouped<Write, SessionWrite> _writes;

    /// <summary>Starts the writers.</summary>
    public PostgresSessionWriter(PostgresDatabase database)
    {
        _database = database;
        _writes = new(Writers, MaxRows, WriteAsync);
    }

    /// <summary>Writes one assignment; see <see cref="ISessionStore.WriteAsync"/>.</summary>
    public Task<SessionWrite> WriteAsync(string pool, SessionAssignment assignment, Guid? replaces, long epoch) =>
        _writes.RunAsync(new Write(pool, assignment, replaces, epoch));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    private async Task<SessionWrite[]> WriteAsync(List<Write> group)
    {
        var (began, hasSucceeded) = (Stopwatch.GetTimestamp(), false);
        try
        {
            var results = await CommitAsync(group);
            hasSucceeded = true;
            return results;
        }
        finally
        {
            StorageMeter.Committed("postgresql", group.Count, Stopwatch.GetElapsedTime(began), hasSucceeded);
        }
    }

    private Task<SessionWrite[]> CommitAsync(List<Write> group) => _database.RunAsync(async connection =>
    {
        // In one order everywhere, or two transactions could wait for each other.
        var ordered = group.OrderBy(static write => write.Key, StringComparer.Ordinal).ToList();
        var pools = group.Select(static write => write.HostPool).Distinct().Order(StringComparer.Ordinal).ToArray();
        await using var batch = new NpgsqlBatch(connection);
        Array.ForEach(pools, pool => batch.BatchCommands.Add(PoolLock.Shared(pool)));
        batch.BatchCommands.Add(PostgresDatabase.BatchCommand(Insert, Columns(ordered)));
        if (ordered.Exists(static write => write.Replaces is not null))
        {
            batch.BatchCommands.Add(PostgresDatabase.BatchCommand(Update, Columns(ordered)));
        }

        batch.BatchCommands.Add(PostgresDatabase.BatchCommand(SelectEpochs, [pools]));
        var (stored, epochs) = await ExecuteAsync(batch, locks: pools.Length);
        return group.ConvertAll(write =>
            stored.Contains(write.Assignment.ReservationId) ? SessionWrite.Stored
            : epochs.GetValueOrDefault(write.HostPool) != write.Epoch ? SessionWrite.Fenced
            : SessionWrite.Conflict).ToArray();
    });

    /// <summary>Runs the statements as one transaction.</summary>
    /// <returns>The reservations of the rows that were written, and the pools' epochs.</returns>
    private static async Task<(HashSet<Guid> Stored, Dictionary<string, long> Epochs)> ExecuteAsync(NpgsqlBatch batch, int locks)
    {
        var stored = new HashSet<Guid>();
        var epochs = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var results = await batch.ExecuteReaderAsync();
        for (var result = 0; result < batch.BatchCommands.Count; result++)
        {
            while (result >= locks && await results.ReadAsync())
            {
                if (result == batch.BatchCommands.Count - 1)
                {
                    epochs[results.GetString(0)] = results.GetInt64(1);
                }
                else
                {
                    stored.Add(results.GetGuid(0));
                }
            }

            await results.NextResultAsync();
        }

        return (stored, epochs);
    }

    private static object?[] Columns(List<Write> writes)
    {
        return
        [
            Column(static write => write.Pool),
            Column(static write => write.Assignment.StickyId),
            Column(static write => write.Assignment.Tier),
            Column(static write => write.Assignment.ClientId),
            Column(static write => write.Assignment.AffinityEpoch),
            Column(static write => write.Assignment.ReservationId),
            Column(static write => $"{{{string.Join(',', write.Assignment.GpuIds.IsDefault ? [] : write.Assignment.GpuIds)}}}"),
            Column(static write => write.Assignment.CreatedAt.ToUnixTimeMilliseconds()),
            Column(static write => write.Assignment.LastUsed.ToUnixTimeMilliseconds()),
            Column(static write => write.Assignment.ReservedUntil.ToUnixTimeMilliseconds()),
            Column(static write => write.Assignment.HostPool),
            Column(static write => write.HostPool),
            Column(static write => write.Epoch),
            Column(static write => write.Replaces),
        ];

        T[] Column<T>(Func<Write, T> value) => [.. writes.Select(value)];
    }

    private sealed record Write(string Pool, SessionAssignment Assignment, Guid? Replaces, long Epoch)
    {
        public string HostPool => Assignment.HostPool.Length > 0 ? Assignment.HostPool : Pool;

        public string Key { get; } = $"{Pool}/{Assignment.StickyId}/{Assignment.Tier}";
    }
}
