using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Turns a host's probe results into a status and a smoothed latency. A status changes only after as many equal results in a row as its threshold.</summary>
internal sealed class HealthTracker(int unhealthyThreshold, int healthyThreshold)
{
    /// <summary>Weight of the newest probe in the moving average (SPEC.md section 2).</summary>
    private const double Alpha = 0.3;

    private int _successes;
    private int _failures;

    /// <summary>The status.</summary>
    public HealthStatus Status { get; private set; }

    /// <summary>Exponentially weighted moving average of the latency of successful probes, ms; 0 before the first.</summary>
    public double LatencyMs { get; private set; }

    /// <summary>Takes up where an earlier tracker of the same host ended.</summary>
    public void Restore(HealthStatus status, double latencyMs)
    {
        Status = status;
        LatencyMs = latencyMs;
        _successes = _failures = 0;
    }

    /// <summary>Takes a successful probe. True when the status changed.</summary>
    public bool Succeeded(double latencyMs)
    {
        LatencyMs = LatencyMs == 0 ? latencyMs : (Alpha * latencyMs) + ((1 - Alpha) * LatencyMs);
        _failures = 0;
        return ++_successes >= healthyThreshold && ChangeTo(HealthStatus.Healthy);
    }

    /// <summary>Takes a failed probe. True when the status changed.</summary>
    public bool Failed()
    {
        _successes = 0;
        return ++_failures >= unhealthyThreshold && ChangeTo(HealthStatus.Unhealthy);
    }

    private bool ChangeTo(HealthStatus status)
    {
        if (Status == status)
        {
            return false;
        }

        Status = status;
        return true;
    }
}
