namespace Opsen.Agent.Sampling;

/// <summary>
/// Seconds since the start, sleep of the machine included. The monotonic clock stands still while a Linux host is suspended, so what the wall clock
/// jumps ahead of it is added; a wall clock set back is ignored. Owned by one thread.
/// </summary>
internal sealed class SampleClock(TimeProvider time)
{
    // Below this it is the wall clock being adjusted, not a sleep.
    private const double MinSleepSeconds = 5;

    private readonly long _start = time.GetTimestamp();
    private readonly DateTimeOffset _wallStart = time.GetUtcNow();
    private double _wallAhead;
    private double _slept;

    /// <summary>The present time; never goes back.</summary>
    public double Now()
    {
        var awake = time.GetElapsedTime(_start).TotalSeconds;
        var ahead = (time.GetUtcNow() - _wallStart).TotalSeconds - awake;
        if (ahead - _wallAhead > MinSleepSeconds)
        {
            _slept += ahead - _wallAhead;
        }

        _wallAhead = ahead;
        return awake + _slept;
    }
}
