using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Turns an endpoint's probe results into a status and a smoothed latency. A status changes only after as many equal results in a row as its
/// threshold.</summary>
internal sealed class HealthTracker(int unhealthyThreshold, int healthyThreshold)
{
    /// <summary>Weight of the newest probe in the moving average.</summary>
    private const double Alpha = 0.3;

    private int _successes;
    private int _failures;

    /// <summary>The status.</summary>
    public HealthStatus Status { get; private set; }

    /// <summary>Exponentially weighted moving average of the latency of successful probes, ms; 0 before the first.</summary>
    public double LatencyMs { get; private set; }

    /// <summary>Whether the latest results agree with the status, so that there is no hurry to learn more.</summary>
    public bool IsSettled => Status switch
    {
        HealthStatus.Healthy => _failures == 0 && !IsSuspect,
        HealthStatus.Unhealthy => _successes == 0,
        _ => false,
    };

    /// <summary>Whether a gateway could not connect, and no probe has since told whether that is so.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Resumes the state of an earlier tracker of the same endpoint.</summary>
    public void Restore(HealthStatus status, double latencyMs)
    {
        Status = status;
        LatencyMs = latencyMs;
        _successes = _failures = 0;
        IsSuspect = false;
    }

    /// <summary>Counts a successful probe. True when the status changed.</summary>
    public bool Succeeded(double latencyMs)
    {
        LatencyMs = LatencyMs == 0 ? latencyMs : (Alpha * latencyMs) + ((1 - Alpha) * LatencyMs);
        _failures = 0;
        IsSuspect = false;
        _successes = Math.Min(_successes + 1, healthyThreshold);
        return _successes == healthyThreshold && ChangeTo(HealthStatus.Healthy);
    }

    /// <summary>Counts a failed probe. True when the status changed.</summary>
    public bool Failed()
    {
        _successes = 0;
        _failures = Math.Min(_failures + 1, unhealthyThreshold);
        return _failures == unhealthyThreshold && ChangeTo(HealthStatus.Unhealthy);
    }

    /// <summary>Counts a gateway's report that it could not connect. It stands for the first failed probe of a row, however many gateways say so, and never for
    /// the last one: it takes a probe to make an endpoint unhealthy.</summary>
    public void Suspect()
    {
        _successes = 0;
        _failures = Math.Max(_failures, Math.Min(1, unhealthyThreshold - 1));
        IsSuspect = Status != HealthStatus.Unhealthy;
    }

    private bool ChangeTo(HealthStatus status)
    {
        if (Status == status)
        {
            return false;
        }

        Status = status;
        IsSuspect = false;
        return true;
    }
}
