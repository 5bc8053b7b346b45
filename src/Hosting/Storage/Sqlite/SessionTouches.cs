using Opsen.Grains;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>When sessions were last used, gathered and written together: one short transaction every second at most, whatever the traffic.</summary>
internal sealed partial class SessionTouches(SqliteWriter writer, TimeProvider time, ILogger<SessionTouches> logger) : BackgroundService
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private const string Update =
        "UPDATE opsen_session SET last_used = max(last_used, @used) WHERE sticky_id = @sticky AND tier = @tier AND pool = @pool";

    private readonly Lock _lock = new();
    private Dictionary<(string Pool, string StickyId, string Tier), long> _pending = [];

    /// <summary>Notes a use.</summary>
    public void Add(string pool, string stickyId, string tier, DateTimeOffset lastUsed)
    {
        lock (_lock)
        {
            _pending[(pool, stickyId, tier)] = lastUsed.ToUnixTimeMilliseconds();
        }
    }

    /// <summary>Writes what has gathered. What fails is written with the next flush.</summary>
    public async Task FlushAsync()
    {
        Dictionary<(string Pool, string StickyId, string Tier), long> taken;
        lock (_lock)
        {
            taken = _pending;
            _pending = [];
        }

        foreach (var part in taken.Chunk(500))
        {
            try
            {
                await writer.WriteAsync(db => part.Sum(touch => db.Execute(
                    Update, ("@used", touch.Value), ("@sticky", touch.Key.StickyId), ("@tier", touch.Key.Tier), ("@pool", touch.Key.Pool))));
            }
#pragma warning disable CA1031 // Whatever storage says, there is a next time.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogNotWritten(part.Length, error.Message);
                PutBack(part);
            }
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        PeriodicLoop.RunAsync(FlushInterval, time, FlushAsync, worksAtStop: true, stoppingToken);

    private void PutBack(KeyValuePair<(string Pool, string StickyId, string Tier), long>[] part)
    {
        lock (_lock)
        {
            foreach (var (key, used) in part)
            {
                // A newer use may have been recorded since.
                _pending.TryAdd(key, used);
            }
        }
    }

    [LoggerMessage(504, LogLevel.Debug, "The last use of {Count} sessions could not be written yet: {Message}")]
    private partial void LogNotWritten(int count, string message);
}
