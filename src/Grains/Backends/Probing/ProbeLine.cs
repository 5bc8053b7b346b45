namespace Opsen.Grains.Backends.Probing;

/// <summary>The probes of one endpoint, one at a time, each on the endpoint's own timer: nobody else's slow probe delays them. Belongs to a grain and is as
/// single-threaded as that.</summary>
internal sealed class ProbeLine : IDisposable
{
    private readonly EndpointHealth _endpoint;
    private readonly IHostProbe _probe;
    private readonly ProbePace _pace;
    private readonly TimeProvider _time;
    private readonly Action<EndpointHealth, bool> _probed;
    private readonly IGrainTimer _timer;
    private long _plannedAt;
    private TimeSpan _pause;
    private bool _isUnderWay;
    private bool _isDisposed;

    /// <summary>Begins with a probe at once.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="probe">How it is asked.</param>
    /// <param name="pace">When.</param>
    /// <param name="time">The clock.</param>
    /// <param name="createTimer">Makes a timer of the grain that interleaves and is not set yet.</param>
    /// <param name="probed">Hears of every result, and whether it changed the endpoint's status. Must not throw.</param>
    public ProbeLine(
        EndpointHealth endpoint,
        IHostProbe probe,
        ProbePace pace,
        TimeProvider time,
        Func<Func<CancellationToken, Task>, IGrainTimer> createTimer,
        Action<EndpointHealth, bool> probed)
    {
        _endpoint = endpoint;
        _probe = probe;
        _pace = pace;
        _time = time;
        _probed = probed;
        _timer = createTimer(ProbeAsync);
        Plan(TimeSpan.Zero);
    }

    /// <summary>The endpoint.</summary>
    public EndpointHealth Endpoint => _endpoint;

    /// <summary>A gateway could not connect: a probe follows at once, unless one is under way or was a moment ago.</summary>
    public void ReportedUnreachable()
    {
        _endpoint.ReportedUnreachable();
        if (!_endpoint.IsSuspect)
        {
            return;
        }

        _pace.Pursue();
        var elapsed = _time.GetElapsedTime(_plannedAt);
        if (!_isUnderWay && _pause - elapsed > _pace.Suspicion)
        {
            // The pause began with the probe before: not sooner after that than pursued probes follow each other.
            Plan(elapsed >= _pace.Suspicion ? TimeSpan.Zero : _pace.Suspicion - elapsed);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
    }

    private async Task ProbeAsync(CancellationToken cancellation)
    {
        if (_isDisposed)
        {
            return;
        }

        ProbeMeter.Begins(_time.GetElapsedTime(_plannedAt) - _pause);
        _isUnderWay = true;
        var hasChanged = false;
        try
        {
            var started = _time.GetTimestamp();
            var failure = await _probe.ProbeAsync(_endpoint.Address, cancellation);
            if (_isDisposed)
            {
                return;
            }

            var took = _time.GetElapsedTime(started);
            ProbeMeter.Ended(took, failure is null);
            hasChanged = failure is null ? _endpoint.Succeeded(took.TotalMilliseconds) : _endpoint.Failed(failure);
        }
        finally
        {
            _isUnderWay = false;
            if (!_isDisposed)
            {
                Plan(_pace.After(_endpoint.IsSettled, Random.Shared.NextDouble()));
            }
        }

        _probed(_endpoint, hasChanged);
    }

    private void Plan(TimeSpan pause)
    {
        _plannedAt = _time.GetTimestamp();
        _pause = pause;
        _timer.Change(pause, Timeout.InfiniteTimeSpan);
    }
}
