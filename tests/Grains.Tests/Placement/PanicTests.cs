using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class PanicTests
{
    private const int Timeout = 1000;

    [Theory]
    [InlineData(50, 4, 2, false)]
    [InlineData(50, 4, 3, true)]
    [InlineData(50, 3, 2, true)]
    [InlineData(50, 2, 2, false)]
    [InlineData(50, 1, 1, false)]
    [InlineData(99, 4, 4, true)]
    [InlineData(99, 4, 3, false)]
    [InlineData(100, 4, 4, false)]
    [InlineData(0, 4, 4, false)]
    public void IsPanic_UnhealthyHosts_TellsWhetherMoreThanTheThresholdAre(int threshold, int hosts, int unhealthy, bool expected) =>
        Assert.Equal(expected, Fleet(threshold, hosts, unhealthy).IsPanic);

    [Fact]
    public void Choose_InPanic_TakesUnhealthyHostsAndAfterItNot()
    {
        var index = Fleet(50, hosts: 4, unhealthy: 4);
        Assert.Equal(RouteOutcome.Routed, index.Choose(new(), 0, out _));

        index.Upsert(Host(0, HealthStatus.Healthy), 0);
        Assert.True(index.IsPanic);
        index.Upsert(Host(1, HealthStatus.Healthy), 0);

        Assert.False(index.IsPanic);
        Assert.All(Enumerable.Range(0, 5), _ =>
        {
            Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var placement));
            Assert.Equal(HealthStatus.Healthy, placement.Host.Health);
        });
        Assert.Equal(2, index.CountRefusals(new(), 0)[(int)RefusalReason.Unhealthy]);
    }

    [Fact]
    public void IsPanic_HostsOutOfService_DoNotCount()
    {
        var index = Fleet(50, hosts: 4, unhealthy: 3);

        index.Upsert(Host(0, HealthStatus.Unhealthy) with { Lifecycle = Lifecycle.Maintenance }, 0);
        Assert.True(index.IsPanic);
        index.Upsert(Host(1, HealthStatus.Unhealthy) with { IsActive = false }, 0);

        Assert.False(index.IsPanic);
    }

    [Fact]
    public void Remove_OfHealthyHosts_MayBeginPanic()
    {
        var index = Fleet(50, hosts: 6, unhealthy: 3);
        Assert.False(index.IsPanic);

        index.Remove("host-5");

        Assert.True(index.IsPanic);
        Assert.All(index.Hosts.Where(host => host.Health == HealthStatus.Unhealthy), host => Assert.True(host.KeepsSessions));
    }

    [Fact]
    public void Place_SlowStart_TakesAFewAtFirstAndItsShareLater()
    {
        var index = new PlacementIndex([new TierSpec { Name = "any" }], TimeSpan.FromHours(1));
        index.Upsert(Hosts.Create("busy", Hosts.Load([60])), 0);

        Assert.Equal(0, PlacedOn("new", slowStartLeft: 0.7));
        Assert.Equal(1, PlacedOn("new", slowStartLeft: 0.4));
        Assert.Equal(4, PlacedOn("new", slowStartLeft: 0.11));
        Assert.Equal(20, PlacedOn("new", slowStartLeft: 0));

        int PlacedOn(string clientId, double slowStartLeft)
        {
            index.ReleaseAll(0);
            index.Upsert(Hosts.Create(clientId, Hosts.Load([10])) with { SlowStartLeft = slowStartLeft }, 0);
            return Enumerable.Range(0, 20).Count(_ => index.Place(new(), 0, out var placement) == RouteOutcome.Routed && placement.Host.ClientId == clientId);
        }
    }

    private static PlacementIndex Fleet(int threshold, int hosts, int unhealthy)
    {
        var index = new PlacementIndex([new TierSpec { Name = "any" }], TimeSpan.FromMilliseconds(Timeout), threshold);
        for (var i = 0; i < hosts; i++)
        {
            index.Upsert(Host(i, i < unhealthy ? HealthStatus.Unhealthy : HealthStatus.Healthy), 0);
        }

        return index;
    }

    private static HostSnapshot Host(int number, HealthStatus health) => Hosts.Create($"host-{number}") with { Health = health };
}
