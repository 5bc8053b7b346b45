namespace Opsen.Grains.Tests.Cluster;

/// <summary>A clock that people set, ahead or back; its monotonic time and its timers run on undisturbed.</summary>
internal sealed class SetBackClock : TimeProvider
{
    private long _offsetTicks;

    /// <summary>Moves the wall clock.</summary>
    public void Set(TimeSpan offset) => Interlocked.Exchange(ref _offsetTicks, offset.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offsetTicks));
}
