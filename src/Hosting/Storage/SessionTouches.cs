using Opsen.Grains;

namespace Opsen.Hosting.Storage;

/// <summary>When sessions were last used, gathered and written together: one short transaction every second at most, whatever the traffic.</summary>
internal abstract partial class SessionTouches(TimeProvider time, ILogger<SessionTouches> logger) : BackgroundService
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<SessionTier, long> _pending = [];

    /// <summary>Notes a use.</summary>
    public void Add(string pool, string stickyId, string tier, DateTimeOffset lastUsed)
    {
        lock (_lock)
        {
            _pending[new(pool, stickyId, tier)] = lastUsed.ToUnixTimeMilliseconds();
        }
    }

    /// <summary>Writes what has gathered. What fails is written with the next flush.</summary>
    public async Task FlushAsync()
    {
        Dictionary<SessionTier, long> taken;
        lock (_lock)
        {
            taken = _pending;
            _pending = [];
        }

        foreach (var part in taken.Chunk(500))
        {
            try
            {
                await WriteAsync(part);
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

    /// <summary>Writes last uses (milliseconds since 1970) in one transaction. A later one that is stored stays.</summary>
    protected abstract Task WriteAsync(IReadOnlyCollection<KeyValuePair<SessionTier, long>> touches);

    private void PutBack(KeyValuePair<SessionTier, long>[] part)
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

    /// <summary>What an assignment is stored under.</summary>
    protected readonly record struct SessionTier(string Pool, string StickyId, string Tier);
}
