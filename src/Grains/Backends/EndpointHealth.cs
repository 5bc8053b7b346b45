using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>The state machine of one endpoint: unknown, then healthy or unhealthy and back. docs/HOSTS.md has it as a table.</summary>
internal sealed class EndpointHealth(string url, HealthTracker tracker)
{
    /// <summary>The endpoint.</summary>
    public string Url { get; } = url;

    /// <summary>The endpoint, for the probes.</summary>
    public Uri Address { get; } = new(url);

    /// <summary>The status.</summary>
    public HealthStatus Status => tracker.Status;

    /// <summary>Smoothed latency of its successful probes, ms; 0 before the first.</summary>
    public double LatencyMs => tracker.LatencyMs;

    /// <summary>Whether the latest results agree with the status.</summary>
    public bool IsSettled => tracker.IsSettled;

    /// <summary>Whether a gateway could not connect, and no probe has told yet whether that is so.</summary>
    public bool IsSuspect => tracker.IsSuspect;

    /// <summary>What the latest probe or report said.</summary>
    public string Cause { get; private set; } = "not probed yet";

    /// <summary>Resumes the state from before a restart.</summary>
    public void Restore(HealthStatus status, double latencyMs)
    {
        tracker.Restore(status, latencyMs);
        Cause = "kept over a restart";
    }

    /// <summary>Counts a successful probe. True when the status changed.</summary>
    public bool Succeeded(double latencyMs)
    {
        Cause = "its probes succeed";
        return tracker.Succeeded(latencyMs);
    }

    /// <summary>Counts a failed probe. True when the status changed.</summary>
    public bool Failed(string failure)
    {
        Cause = failure;
        return tracker.Failed();
    }

    /// <summary>Counts a gateway's report that it could not connect; never changes the status by itself.</summary>
    public void ReportedUnreachable() => tracker.Suspect();
}
