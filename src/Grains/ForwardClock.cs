namespace Opsen.Grains;

/// <summary>
/// A clock that follows the wall clock and never goes back: where that is set back, this one goes on at half speed until the wall clock has caught up. For a
/// silo, because Orleans cannot activate a grain while the wall clock is behind what its collector of idle grains has planned by. Timestamps and timers are
/// those of the wall clock's provider, which no step changes.
/// </summary>
/// <param name="wall">The wall clock.</param>
public sealed class ForwardClock(TimeProvider wall) : TimeProvider
{
    private readonly Lock _lock = new();
    private DateTimeOffset _last;
    private long _lastAt;

    /// <inheritdoc/>
    public override long TimestampFrequency => wall.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            var (now, at) = (wall.GetUtcNow(), wall.GetTimestamp());
            if (now < _last)
            {
                now = _last + (wall.GetElapsedTime(_lastAt, at) / 2);
            }

            (_last, _lastAt) = (now, at);
            return now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => wall.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        wall.CreateTimer(callback, state, dueTime, period);
}
