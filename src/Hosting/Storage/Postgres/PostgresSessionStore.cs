using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Sessions;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Assignments as rows of <c>opsen_session</c>. Times are stored as milliseconds since 1970.</summary>
internal sealed class PostgresSessionStore(
    PostgresDatabase database, PostgresSessionReader reader, PostgresSessionWriter writer, SessionTouches touches) : ISessionStore
{
    /// <summary>Rows that one statement of a bulk deletion takes, so that no lock is held for long.</summary>
    private const int BulkSize = 1000;

    private const string SelectReserved = $"SELECT {PostgresSessionRows.Columns} FROM opsen_session WHERE reserved_until > $2 AND (host_pool = $1 OR (host_pool = '' AND pool = $1))";

    private const string SelectPage =
        $"SELECT {PostgresSessionRows.Columns} FROM opsen_session WHERE id > $1 AND pool = $2 AND last_used >= $3 AND ($5::text IS NULL OR client_id = $5) ORDER BY id LIMIT $4";

    private const string SelectCounts =
        "SELECT client_id, affinity_epoch, count(*)::integer FROM opsen_session WHERE pool = $1 AND last_used >= $2 GROUP BY client_id, affinity_epoch";

    private const string DeleteSession = "DELETE FROM opsen_session WHERE sticky_id = $1 AND pool = $2";

    private const string DeleteSomeOfHost = """
        DELETE FROM opsen_session
        WHERE id IN (SELECT id FROM opsen_session WHERE client_id = $1 AND affinity_epoch <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED)
        """;

    private const string DeleteSomeUnused = """
        DELETE FROM opsen_session
        WHERE id IN (SELECT id FROM opsen_session WHERE last_used < $1 ORDER BY last_used LIMIT $2 FOR UPDATE SKIP LOCKED)
        """;

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<SessionAssignment>> ReadAsync(string pool, string stickyId) => new(reader.ReadAsync(pool, stickyId));

    /// <inheritdoc/>
    public async Task<ImmutableArray<SessionAssignment>> ReadReservedAsync(string pool, DateTimeOffset now) =>
        [.. await database.QueryAsync(SelectReserved, PostgresSessionRows.Read, pool, now.ToUnixTimeMilliseconds())];

    /// <inheritdoc/>
    public Task<SessionWrite> WriteAsync(string pool, SessionAssignment assignment, Guid? replaces, long epoch) =>
        writer.WriteAsync(pool, assignment, replaces, epoch);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string pool, string stickyId) =>
        await database.ExecuteAsync(DeleteSession, CancellationToken.None, stickyId, pool) > 0;

    /// <inheritdoc/>
    public void Touch(string pool, string stickyId, string tier, DateTimeOffset lastUsed) => touches.Add(pool, stickyId, tier, lastUsed);

    /// <inheritdoc/>
    public async Task<SessionPage> ListAsync(string pool, string? clientId, DateTimeOffset oldest, long after, int limit)
    {
        // One more than asked for tells whether there is another page.
        var rows = await database.QueryAsync(
            SelectPage,
            static row => (Id: row.GetInt64(0), Assignment: PostgresSessionRows.Read(row)),
            after, pool, oldest.ToUnixTimeMilliseconds(), limit + 1, clientId);
        return new SessionPage([.. rows.Take(limit).Select(static row => row.Assignment)], rows.Count > limit ? rows[limit - 1].Id : null);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<SessionCount>> CountByHostAsync(string pool, DateTimeOffset oldest) =>
    [
        .. await database.QueryAsync(
            SelectCounts, static row => new SessionCount(row.GetString(0), row.GetInt64(1), row.GetInt32(2)), pool, oldest.ToUnixTimeMilliseconds()),
    ];

    /// <inheritdoc/>
    public void ForgetHost(string clientId, long affinityEpoch) =>
        DeleteInPartsAsync(DeleteSomeOfHost, CancellationToken.None, clientId, affinityEpoch).Ignore();

    /// <inheritdoc/>
    /// <remarks>Last uses that other silos have not written yet are seconds old at most, and a session lives for a minute at least.</remarks>
    public async Task<int> SweepAsync(DateTimeOffset oldest, CancellationToken cancellation)
    {
        await touches.FlushAsync();
        return await SingleRunner.RunAsync(
            database, SingleRunner.Sessions, () => DeleteInPartsAsync(DeleteSomeUnused, cancellation, oldest.ToUnixTimeMilliseconds()), cancellation);
    }

    private async Task<int> DeleteInPartsAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        for (var total = 0; ;)
        {
            var count = await database.ExecuteAsync(sql, cancellation, [.. values, BulkSize]);
            total += count;
            if (count < BulkSize)
            {
                return total;
            }
        }
    }
}
