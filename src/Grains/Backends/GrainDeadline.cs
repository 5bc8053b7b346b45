namespace Opsen.Grains.Backends;

/// <summary>
/// Calls a grain when a moment has come, by the monotonic clock. A tick may wait for its turn while the moment is moved, and a timer takes at most 49
/// days. So every tick asks what is left, and the grain is called only when nothing is.
/// </summary>
/// <param name="createTimer">Makes a timer of the grain that is not set yet.</param>
/// <param name="left">What is left; zero or less when the moment has come, infinite when there is none.</param>
/// <param name="reached">The moment has come.</param>
internal sealed class GrainDeadline(Func<Func<CancellationToken, Task>, IGrainTimer> createTimer, Func<TimeSpan> left, Func<Task> reached)
{
    private static readonly TimeSpan MaxTimer = TimeSpan.FromDays(30);

    private IGrainTimer? _timer;

    /// <summary>Sets the timer to what is left now.</summary>
    /// <param name="retry">When to call if the moment has come already: at once, or later because the last call failed.</param>
    public void Watch(TimeSpan retry = default)
    {
        _timer ??= createTimer(OnTickAsync);
        var wait = left();
        _timer.Change(
            wait == Timeout.InfiniteTimeSpan ? wait
            : wait <= TimeSpan.Zero ? retry
            : wait < MaxTimer ? wait
            : MaxTimer,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for nothing any more.</summary>
    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private Task OnTickAsync(CancellationToken cancellation)
    {
        var wait = left();
        if (wait == Timeout.InfiniteTimeSpan)
        {
            return Task.CompletedTask;
        }

        if (wait <= TimeSpan.Zero)
        {
            return reached();
        }

        Watch();
        return Task.CompletedTask;
    }
}
