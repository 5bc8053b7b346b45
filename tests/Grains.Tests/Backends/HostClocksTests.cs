using Microsoft.Extensions.Time.Testing;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

/// <summary>The spans of a host: silence, drain and slow start.</summary>
public sealed class HostClocksTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Silence_Lasts_IsStaleAfterOneSpanAndRemovedAfterThree()
    {
        var silence = new Silence(Minute, _time);
        silence.Restart();
        _time.Advance(Minute / 2);
        Assert.Equal(Minute / 2, silence.Left(isActive: true));
        silence.Restart();
        Assert.Equal(Minute, silence.Left(isActive: true));

        _time.Advance(Minute);

        Assert.Equal(TimeSpan.Zero, silence.Left(isActive: true));
        Assert.Equal(2 * Minute, silence.Left(isActive: false));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void Silence_Resumed_HasTheFullTimeOfItsState(bool isActive, int spans)
    {
        var silence = new Silence(Minute, _time);
        _time.Advance(10 * Minute);

        silence.Resume(isActive);

        Assert.Equal(spans * Minute, silence.Left(isActive));
    }

    [Fact]
    public void SlowStart_Begun_FallsLinearlyToZero()
    {
        var start = new SlowStart(Minute, _time);
        Assert.Equal(0, start.Left);

        start.Begin();

        Assert.Equal(1, start.Left);
        _time.Advance(Minute / 4);
        Assert.Equal(0.75, start.Left, 9);
        _time.Advance(Minute);
        Assert.Equal(0, start.Left);
        Assert.Equal(TimeSpan.FromSeconds(3), start.Step);
    }

    [Fact]
    public void SlowStart_Resumed_GoesOnWhereItWas()
    {
        var start = new SlowStart(Minute, _time);

        start.Resume(0.5);

        _time.Advance(Minute / 4);
        Assert.Equal(0.25, start.Left, 9);
    }

    [Fact]
    public void SlowStart_Off_NeverBegins()
    {
        var start = new SlowStart(TimeSpan.Zero, _time);

        start.Begin();

        Assert.Equal(0, start.Left);
    }

    [Theory]
    [InlineData(Lifecycle.InService, false, Lifecycle.Draining)]
    [InlineData(Lifecycle.Maintenance, false, Lifecycle.Draining)]
    [InlineData(Lifecycle.Drained, false, Lifecycle.Draining)]
    [InlineData(Lifecycle.InService, true, Lifecycle.Draining)]
    [InlineData(Lifecycle.Maintenance, true, Lifecycle.Maintenance)]
    [InlineData(Lifecycle.Drained, true, Lifecycle.Drained)]
    public void Drain_FromEachState_LeavesAloneWhatAnOperatorDecided(Lifecycle from, bool isShutdown, Lifecycle expected)
    {
        var host = TestFleet.Host("a") with { Lifecycle = from };

        var drained = HostLifecycle.Drain(host, Minute, isShutdown, _time.GetUtcNow());

        Assert.Equal(expected, drained.Lifecycle);
        Assert.Equal(expected == Lifecycle.Draining ? _time.GetUtcNow() + Minute : null, drained.DrainDeadline);
        Assert.Equal(isShutdown && expected == Lifecycle.Draining, drained.IsShutdownDrain);
    }

    [Theory]
    [InlineData(false, Lifecycle.Draining)]
    [InlineData(true, Lifecycle.InService)]
    public void Reregister_DrainedHost_IsLiftedOnlyForTheAgentsOwnDrain(bool isShutdown, Lifecycle expected)
    {
        var host = TestFleet.Host("a");
        var drained = HostLifecycle.Drain(host, null, isShutdown, _time.GetUtcNow());

        Assert.Equal(expected, HostLifecycle.Reregister(host, drained).Lifecycle);
    }

    [Theory]
    [InlineData(Lifecycle.InService, true, true)]
    [InlineData(Lifecycle.Draining, true, false)]
    [InlineData(Lifecycle.Drained, false, false)]
    [InlineData(Lifecycle.Maintenance, false, false)]
    public void Snapshot_Lifecycle_DecidesWhatSessionsMayDo(Lifecycle lifecycle, bool keeps, bool takes)
    {
        var host = TestFleet.Host("a") with { Lifecycle = lifecycle };

        Assert.Equal((keeps, takes), (host.KeepsSessions, host.TakesSessions));
    }
}
