
namespace Opsen.Grains.Tests.Hosting;

public sealed class ForwardClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly Wall _wall = new() { Now = Noon };
    private readonly ForwardClock _clock;

    public ForwardClockTests() => _clock = new ForwardClock(_wall);

    [Fact]
    public void GetUtcNow_WallClockRunsOrIsSetAhead_IsTheWallClock()
    {
        Assert.Equal(Noon, _clock.GetUtcNow());
        _wall.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Noon.AddSeconds(1), _clock.GetUtcNow());
        _wall.Now = Noon.AddYears(1);
        Assert.Equal(Noon.AddYears(1), _clock.GetUtcNow());
    }

    [Fact]
    public void GetUtcNow_WallClockIsSetBack_GoesOnAtHalfSpeedUntilItHasCaughtUp()
    {
        _clock.GetUtcNow();
        _wall.Now = Noon.AddSeconds(-10);

        _wall.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(Noon.AddSeconds(2), _clock.GetUtcNow());
        _wall.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(Noon.AddSeconds(5), _clock.GetUtcNow());
        _wall.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(Noon.AddSeconds(10), _clock.GetUtcNow());
        _wall.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Noon.AddSeconds(11), _clock.GetUtcNow());
    }

    private sealed class Wall : TimeProvider
    {
        private long _timestamp;

        public DateTimeOffset Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time)
        {
            Now += time;
            _timestamp += time.Ticks;
        }

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => _timestamp;
    }
}
