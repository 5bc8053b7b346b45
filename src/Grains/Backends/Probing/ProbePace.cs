namespace Opsen.Grains.Backends.Probing;

/// <summary>When an endpoint is probed next. The pace of one endpoint; the spread keeps many hosts apart.</summary>
internal sealed class ProbePace(TimeSpan interval, int unhealthyThreshold, int healthyThreshold)
{
    /// <summary>How far a regular pause is from the interval at most, as a share of it.</summary>
    public const double Spread = 0.1;

    private static readonly TimeSpan MaxQuickPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinQuickPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxSuspicionPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Quick probes in a row that are granted: what is not settled by then (an endpoint that fails every second probe) is no longer urgent.</summary>
    private readonly int _maxQuick = 3 * (unhealthyThreshold + healthyThreshold);

    private int _quick;
    private bool _isInPhase = true;
    private bool _isPursued;

    /// <summary>Pause between the probes of an endpoint that is not settled: a fifth of the interval, at most 1 s.</summary>
    public TimeSpan Quick { get; } = Clamp(interval / 5, MinQuickPause, MaxQuickPause);

    /// <summary>Pause between them after a gateway's report, until it is settled: at most 250 ms, so that three of them fit into a second.</summary>
    public TimeSpan Suspicion { get; } = Clamp(interval / 5, MinQuickPause, MaxSuspicionPause);

    /// <summary>To be called for a gateway's report: until the endpoint is settled, the pauses are short.</summary>
    public void Pursue() => _isPursued = true;

    /// <summary>The pause after a probe.</summary>
    /// <param name="isSettled">Whether the latest results agree with the status.</param>
    /// <param name="random">A number in 0..1 that is another one each time.</param>
    public TimeSpan After(bool isSettled, double random)
    {
        if (!isSettled && _quick < _maxQuick)
        {
            _quick++;
            return _isPursued ? Suspicion : Quick;
        }

        if (isSettled)
        {
            _quick = 0;
            _isPursued = false;
        }

        if (_isInPhase)
        {
            // All hosts of a silo that starts are probed at once: from then on they are spread over the whole interval.
            _isInPhase = false;
            return interval * random;
        }

        return interval * (1 - Spread + (2 * Spread * random));
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;
}
