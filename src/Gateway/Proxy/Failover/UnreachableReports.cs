using System.Collections.Concurrent;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>Tells hosts' grains of endpoints that cannot be connected: at most once a second and endpoint, and without waiting.</summary>
internal sealed partial class UnreachableReports(IGrainFactory grains, TimeProvider time, ILogger<UnreachableReports> logger)
{
    /// <summary>Least time between two messages about one endpoint.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Beyond this many endpoints we forget; the only cost is a redundant message.</summary>
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(string ClientId, string Url), long> _told = new();

    /// <summary>Tells a host's grain, unless it was told within <see cref="Interval"/>.</summary>
    public void Tell(string clientId, string url)
    {
        if (_told.Count > MaxRemembered)
        {
            _told.Clear();
        }

        var now = time.GetTimestamp();
        var isDue = _told.TryGetValue((clientId, url), out var last)
            ? time.GetElapsedTime(last, now) >= Interval && _told.TryUpdate((clientId, url), now, last)
            : _told.TryAdd((clientId, url), now);
        if (isDue)
        {
            _ = TellAsync(clientId, url);
        }
    }

    private async Task TellAsync(string clientId, string url)
    {
        try
        {
            await grains.GetGrain<IBackendGrain>(clientId).ReportUnreachable(url);
        }
#pragma warning disable CA1031 // Whatever the cluster throws: the host is probed at its next turn anyway.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotTold(clientId, url, error.Message);
        }
    }

    [LoggerMessage(3307, LogLevel.Debug, "The grain of host {Host} could not be told that {Url} cannot be connected: {Message}")]
    private partial void LogNotTold(string host, string url, string message);
}
