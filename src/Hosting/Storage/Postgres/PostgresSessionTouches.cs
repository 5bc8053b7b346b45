namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Sessions' last uses, into <c>opsen_session</c>.</summary>
internal sealed class PostgresSessionTouches(PostgresDatabase database, TimeProvider time, ILogger<SessionTouches> logger) : SessionTouches(time, logger)
{
    // A row that is being written at this moment is being used anyway; waiting for it could end in two transactions that wait for each other.
    private const string Update = """
        UPDATE opsen_session SET last_used = greatest(last_used, used)
        FROM (
            SELECT s.id, t.used FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS t (pool, sticky_id, tier, used)
            JOIN opsen_session s ON s.sticky_id = t.sticky_id AND s.tier = t.tier AND s.pool = t.pool
            FOR UPDATE OF s SKIP LOCKED
        ) AS touched
        WHERE opsen_session.id = touched.id
        """;

    /// <inheritdoc/>
    protected override Task WriteAsync(IReadOnlyCollection<KeyValuePair<SessionTier, long>> touches) => database.ExecuteAsync(
        Update,
        CancellationToken.None,
        touches.Select(static touch => touch.Key.Pool).ToArray(),
        touches.Select(static touch => touch.Key.StickyId).ToArray(),
        touches.Select(static touch => touch.Key.Tier).ToArray(),
        touches.Select(static touch => touch.Value).ToArray());
}
