using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>An endpoint that this gateway leaves out after it could not be connected: for a while, and then until one trial request has been
/// answered.</summary>
/// <remarks>Never changed but for the claim on the trial; a trial that fails makes a new, longer ejection.</remarks>
internal sealed class Ejection(HostSnapshot host, string url, TimeSpan duration, TimeProvider time)
{
    /// <summary>How long the first ejection of an endpoint lasts.</summary>
    public static readonly TimeSpan FirstDuration = TimeSpan.FromSeconds(1);

    /// <summary>The longest; each failed trial doubles the last one up to this.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(30);

    private const long NoTrial = 0;

    private long _trial = NoTrial;

    /// <summary>The host as it was routed to when it could not be connected.</summary>
    public HostSnapshot Host { get; } = host;

    /// <summary>The endpoint's URL, as registered.</summary>
    public string Url { get; } = url;

    /// <summary>How long it lasts.</summary>
    public TimeSpan Duration { get; } = duration;

    /// <summary>When it began, by the monotonic clock.</summary>
    public long Since { get; } = time.GetTimestamp();

    /// <summary>What follows a trial that failed.</summary>
    public Ejection Longer() => new(Host, Url, TimeSpan.FromTicks(Math.Min(2 * Duration.Ticks, MaxDuration.Ticks)), time);

    /// <summary>Claims the one trial. A claim older than <paramref name="patience"/> is void: whoever made it would have failed to connect by then.</summary>
    /// <param name="patience">The longest that choosing the host and connecting to it takes.</param>
    /// <param name="claim">Names the claim to <see cref="GiveUpTrial"/>.</param>
    public bool TryBeginTrial(TimeSpan patience, out long claim)
    {
        claim = time.GetTimestamp();
        if (time.GetElapsedTime(Since, claim) < Duration)
        {
            return false;
        }

        var trial = Volatile.Read(ref _trial);
        return (trial == NoTrial || time.GetElapsedTime(trial, claim) > patience) && Interlocked.CompareExchange(ref _trial, claim, trial) == trial;
    }

    /// <summary>Ends a trial that has shown nothing, for the next request to make one.</summary>
    public void GiveUpTrial(long claim) => Interlocked.CompareExchange(ref _trial, NoTrial, claim);

    /// <summary>Whether the fleet's news of the host make the ejection void: it is out of routing altogether, it registered again, or a probe reached
    /// it.</summary>
    public bool IsEndedBy(HostSnapshot news) =>
        !news.IsActive
        || news.Health == HealthStatus.Unhealthy
        || news.RegisteredAt > Host.RegisteredAt
        || !news.Registration.Endpoints.Any(endpoint => endpoint.Url == Url)
        || news.DownEndpoints.Contains(Url)
        || HasBeenReached(news);

    /// <summary>A failed probe leaves a host healthy until its threshold, so the time of the last probe alone says nothing; the smoothed latency moves only
    /// with successful ones. It is one for the whole host, so it vouches for an endpoint only where there is no other.</summary>
    private bool HasBeenReached(HostSnapshot news) =>
        news.Registration.Endpoints.Length == 1
        && news.LastHealthCheck > (Host.LastHealthCheck ?? DateTimeOffset.MinValue)
        && news.Health == HealthStatus.Healthy
        && news.LatencyMs != Host.LatencyMs;
}
