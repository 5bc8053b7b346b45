using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tests.Backends;

public sealed class HealthTrackerTests
{
    private readonly HealthTracker _tracker = new(unhealthyThreshold: 3, healthyThreshold: 2);

    [Fact]
    public void Succeeded_Twice_MakesAnUnknownHostHealthy()
    {
        Assert.False(_tracker.Succeeded(1));
        Assert.Equal(HealthStatus.Unknown, _tracker.Status);
        Assert.True(_tracker.Succeeded(1));
        Assert.Equal(HealthStatus.Healthy, _tracker.Status);
    }

    [Fact]
    public void Failed_ThreeTimesInARow_MakesItUnhealthyAndTwoSuccessesBringItBack()
    {
        _tracker.Restore(HealthStatus.Healthy, 5);

        Assert.False(_tracker.Failed());
        Assert.False(_tracker.Failed());
        Assert.True(_tracker.Failed());
        Assert.Equal(HealthStatus.Unhealthy, _tracker.Status);
        Assert.False(_tracker.Succeeded(5));
        Assert.True(_tracker.Succeeded(5));
        Assert.Equal(HealthStatus.Healthy, _tracker.Status);
    }

    [Fact]
    public void Failed_EverySecondProbe_NeverChangesTheStatus()
    {
        _tracker.Restore(HealthStatus.Healthy, 5);
        for (var i = 0; i < 100; i++)
        {
            Assert.False(_tracker.Failed());
            Assert.False(_tracker.Succeeded(5));
        }
    }

    [Fact]
    public void Succeeded_Latencies_AreSmoothedWithAlpha03()
    {
        _tracker.Succeeded(10);
        _tracker.Succeeded(20);
        _tracker.Failed();
        _tracker.Succeeded(30);

        Assert.Equal((0.3 * 30) + (0.7 * ((0.3 * 20) + (0.7 * 10))), _tracker.LatencyMs, 9);
    }
}
