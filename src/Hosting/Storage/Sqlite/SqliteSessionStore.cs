using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Sessions;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Assignments as rows of <c>opsen_session</c>. Times are stored as milliseconds since 1970.</summary>
internal sealed class SqliteSessionStore(SqliteReaders readers, SqliteWriter writer, SessionTouches touches, SqliteTrouble trouble) : ISessionStore
{
    /// <summary>Rows that one write of a bulk deletion takes, so that new sessions never wait long behind it.</summary>
    private const int BulkSize = 500;

    private const string Columns = "id, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until, host_pool";

    private const string SelectSession = $"SELECT {Columns} FROM opsen_session WHERE sticky_id = @sticky AND pool = @pool";

    private const string SelectReserved = $"SELECT {Columns} FROM opsen_session WHERE reserved_until > @now AND (host_pool = @pool OR (host_pool = '' AND pool = @pool))";

    private const string SelectPage =
        $"SELECT {Columns} FROM opsen_session WHERE id > @after AND pool = @pool AND last_used >= @oldest ORDER BY id LIMIT @limit";

    private const string SelectPageOfHost =
        $"SELECT {Columns} FROM opsen_session WHERE id > @after AND pool = @pool AND last_used >= @oldest AND client_id = @client ORDER BY id LIMIT @limit";

    private const string SelectCounts =
        "SELECT client_id, affinity_epoch, count(*) FROM opsen_session WHERE pool = @pool AND last_used >= @oldest GROUP BY client_id, affinity_epoch";

    private const string Upsert = """
        INSERT INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until, host_pool)
        SELECT @pool, @sticky, @tier, @client, @affinity, @reservation, @gpus, @created, @used, @reserved, @host_pool
        WHERE EXISTS (SELECT 1 FROM opsen_pool WHERE pool = @fence AND epoch = @epoch)
        ON CONFLICT (sticky_id, tier, pool) DO UPDATE
        SET client_id = excluded.client_id, affinity_epoch = excluded.affinity_epoch, reservation_id = excluded.reservation_id,
            gpu_ids = excluded.gpu_ids, created_at = excluded.created_at, last_used = excluded.last_used, reserved_until = excluded.reserved_until,
            host_pool = excluded.host_pool
        WHERE reservation_id = @replaces
        """;

    private const string SelectEpoch = "SELECT epoch FROM opsen_pool WHERE pool = @pool";

    private const string DeleteSession = "DELETE FROM opsen_session WHERE sticky_id = @sticky AND pool = @pool";

    private const string DeleteAssignment = "DELETE FROM opsen_session WHERE sticky_id = @sticky AND tier = @tier AND pool = @pool";

    private const string DeleteSomeOfHost = """
        DELETE FROM opsen_session
        WHERE id IN (SELECT id FROM opsen_session WHERE client_id = @client AND affinity_epoch <= @epoch LIMIT @limit)
        """;

    private const string DeleteSomeUnused =
        "DELETE FROM opsen_session WHERE id IN (SELECT id FROM opsen_session WHERE last_used < @oldest ORDER BY last_used LIMIT @limit)";

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<SessionAssignment>> ReadAsync(string pool, string stickyId) =>
        new(readers.Read(db => ReadRows(db.Prepare(SelectSession, ("@sticky", stickyId), ("@pool", pool))).Assignments));

    /// <inheritdoc/>
    public Task<ImmutableArray<SessionAssignment>> ReadReservedAsync(string pool, DateTimeOffset now) =>
        ReadAsync(db => ReadRows(db.Prepare(SelectReserved, ("@pool", pool), ("@now", now.ToUnixTimeMilliseconds()))).Assignments);

    /// <inheritdoc/>
    public Task<SessionWrite> WriteAsync(string pool, SessionAssignment assignment, Guid? replaces, long epoch) => writer.WriteAsync(db =>
        Store(db, pool, assignment, replaces, epoch) ? SessionWrite.Stored
        : db.Scalar(SelectEpoch, ("@pool", HostPool(pool, assignment))) is not long stored || stored != epoch ? SessionWrite.Fenced
        : RemoveDamaged(db, pool, assignment) && Store(db, pool, assignment, replaces, epoch) ? SessionWrite.Stored
        : SessionWrite.Conflict);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string pool, string stickyId) =>
        await writer.WriteAsync(db => db.Execute(DeleteSession, ("@sticky", stickyId), ("@pool", pool))) > 0;

    /// <inheritdoc/>
    public void Touch(string pool, string stickyId, string tier, DateTimeOffset lastUsed) => touches.Add(pool, stickyId, tier, lastUsed);

    /// <inheritdoc/>
    public async Task<SessionPage> ListAsync(string pool, string? clientId, DateTimeOffset oldest, long after, int limit)
    {
        // One more than asked for tells whether there is another page.
        var (rows, ids) = await ReadAsync(db => ReadRows(clientId is null
            ? db.Prepare(SelectPage, ("@after", after), ("@pool", pool), ("@oldest", oldest.ToUnixTimeMilliseconds()), ("@limit", limit + 1))
            : db.Prepare(
                SelectPageOfHost,
                ("@after", after), ("@pool", pool), ("@oldest", oldest.ToUnixTimeMilliseconds()), ("@limit", limit + 1), ("@client", clientId))));
        return rows.Length > limit ? new SessionPage(rows[..limit], ids[limit - 1]) : new SessionPage(rows, null);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SessionCount>> CountByHostAsync(string pool, DateTimeOffset oldest) => ReadAsync(db =>
    {
        var counts = ImmutableArray.CreateBuilder<SessionCount>();
        using var row = db.Prepare(SelectCounts, ("@pool", pool), ("@oldest", oldest.ToUnixTimeMilliseconds())).ExecuteReader();
        while (row.Read())
        {
            counts.Add(new SessionCount(row.GetString(0), row.GetInt64(1), row.GetInt32(2)));
        }

        return counts.ToImmutable();
    });

    /// <inheritdoc/>
    public void ForgetHost(string clientId, long affinityEpoch) =>
        DeleteInPartsAsync(DeleteSomeOfHost, CancellationToken.None, ("@client", clientId), ("@epoch", affinityEpoch)).Ignore();

    /// <inheritdoc/>
    public async Task<int> SweepAsync(DateTimeOffset oldest, CancellationToken cancellation)
    {
        await touches.FlushAsync();
        return await DeleteInPartsAsync(DeleteSomeUnused, cancellation, ("@oldest", oldest.ToUnixTimeMilliseconds()));
    }

    private static string HostPool(string pool, SessionAssignment assignment) => assignment.HostPool.Length > 0 ? assignment.HostPool : pool;

    private static bool Store(SqliteStatements db, string pool, SessionAssignment assignment, Guid? replaces, long epoch) => db.Execute(
        Upsert,
        ("@pool", pool),
        ("@sticky", assignment.StickyId),
        ("@tier", assignment.Tier),
        ("@client", assignment.ClientId),
        ("@affinity", assignment.AffinityEpoch),
        ("@epoch", epoch),
        ("@replaces", replaces?.ToString("N")),
        ("@reservation", assignment.ReservationId.ToString("N")),
        ("@gpus", Format(assignment.GpuIds)),
        ("@created", assignment.CreatedAt.ToUnixTimeMilliseconds()),
        ("@used", assignment.LastUsed.ToUnixTimeMilliseconds()),
        ("@reserved", assignment.ReservedUntil.ToUnixTimeMilliseconds()),
        ("@host_pool", assignment.HostPool),
        ("@fence", HostPool(pool, assignment))) > 0;

    /// <summary>Removes the row of an assignment if nobody can read it, and therefore nobody name what it replaces.</summary>
    private bool RemoveDamaged(SqliteStatements db, string pool, SessionAssignment assignment) =>
        ReadRows(db.Prepare(SelectSession, ("@sticky", assignment.StickyId), ("@pool", pool))).Assignments.All(row => row.Tier != assignment.Tier)
        && db.Execute(DeleteAssignment, ("@sticky", assignment.StickyId), ("@tier", assignment.Tier), ("@pool", pool)) > 0;

    /// <summary>Reads what may take a while, off the grains' threads.</summary>
    private Task<T> ReadAsync<T>(Func<SqliteStatements, T> read) => Task.Run(() => readers.Read(read));

    private async Task<int> DeleteInPartsAsync(string sql, CancellationToken cancellation, params (string Name, object? Value)[] values)
    {
        (string, object?)[] all = [.. values, ("@limit", BulkSize)];
        for (var total = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = await writer.WriteAsync(db => db.Execute(sql, all));
            total += count;
            if (count < BulkSize)
            {
                return total;
            }
        }
    }

    private (ImmutableArray<SessionAssignment> Assignments, List<long> Ids) ReadRows(SqliteCommand command)
    {
        var assignments = ImmutableArray.CreateBuilder<SessionAssignment>();
        var ids = new List<long>();
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            var id = row.GetInt64(0);
            try
            {
                assignments.Add(ReadRow(row));
                ids.Add(id);
            }
            catch (Exception error) when (error is FormatException or JsonException or ArgumentException or InvalidCastException or InvalidOperationException)
            {
                trouble.RowUnreadable($"opsen_session {id}", error);
            }
        }

        return (assignments.ToImmutable(), ids);
    }

    private static SessionAssignment ReadRow(SqliteDataReader row) => new()
    {
        StickyId = row.GetString(1),
        Tier = row.GetString(2),
        ClientId = row.GetString(3),
        AffinityEpoch = row.GetInt64(4),
        ReservationId = Guid.ParseExact(row.GetString(5), "N"),
        GpuIds = JsonSerializer.Deserialize<ImmutableArray<int>>(row.GetString(6)),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        LastUsed = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
        ReservedUntil = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)),
        HostPool = row.GetString(10),
    };

    private static string Format(ImmutableArray<int> gpuIds) =>
        gpuIds.IsEmpty ? "[]" : $"[{string.Join(',', gpuIds.Select(id => id.ToString(CultureInfo.InvariantCulture)))}]";
}
