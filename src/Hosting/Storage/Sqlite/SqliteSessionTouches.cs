namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Sessions' last uses, into <c>opsen_session</c>.</summary>
internal sealed class SqliteSessionTouches(SqliteWriter writer, TimeProvider time, ILogger<SessionTouches> logger) : SessionTouches(time, logger)
{
    private const string Update =
        "UPDATE opsen_session SET last_used = max(last_used, @used) WHERE sticky_id = @sticky AND tier = @tier AND pool = @pool";

    /// <inheritdoc/>
    protected override Task WriteAsync(IReadOnlyCollection<KeyValuePair<SessionTier, long>> touches) => writer.WriteAsync(db => touches.Sum(touch => db.Execute(
        Update, ("@used", touch.Value), ("@sticky", touch.Key.StickyId), ("@tier", touch.Key.Tier), ("@pool", touch.Key.Pool))));
}
