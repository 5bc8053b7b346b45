using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;

namespace Opsen.Agent.Tests.Sampling;

public sealed class SampleClockTests
{
    [Fact]
    public void Now_TimePasses_TellsSeconds()
    {
        var time = new TwoClocks();
        var clock = new SampleClock(time);
        time.Pass(awake: 12.5, wall: 12.5);
        Assert.Equal(12.5, clock.Now(), 6);
    }

    [Fact]
    public void Now_HostSlept_CountsTheSleep()
    {
        var time = new TwoClocks();
        var clock = new SampleClock(time);
        time.Pass(awake: 10, wall: 3610);
        Assert.Equal(3610, clock.Now(), 6);
        time.Pass(awake: 1, wall: 1);
        Assert.Equal(3611, clock.Now(), 6);
    }

    [Fact]
    public void Now_WallClockSetBack_GoesOn()
    {
        var time = new TwoClocks();
        var clock = new SampleClock(time);
        time.Pass(awake: 10, wall: -7200);
        Assert.Equal(10, clock.Now(), 6);
        time.Pass(awake: 1, wall: 1);
        Assert.Equal(11, clock.Now(), 6);
    }

    [Fact]
    public void Now_WallClockSlewed_IgnoresIt()
    {
        var time = new TwoClocks();
        var clock = new SampleClock(time);
        for (var i = 0; i < 100; i++)
        {
            time.Pass(awake: 1, wall: 1.2);
            Assert.Equal(i + 1, clock.Now(), 6);
        }
    }

    private sealed class TwoClocks : TimeProvider
    {
        private readonly FakeTimeProvider _wall = new();
        private TimeSpan _awake;
        private TimeSpan _wallOffset;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(double awake, double wall)
        {
            _awake += TimeSpan.FromSeconds(awake);
            _wallOffset += TimeSpan.FromSeconds(wall);
        }

        public override long GetTimestamp() => _awake.Ticks;

        public override DateTimeOffset GetUtcNow() => _wall.GetUtcNow() + _wallOffset;
    }
}
