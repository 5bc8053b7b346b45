using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Gateway.Tests.Routing;

public sealed class GatewayFleetTests
{
    private readonly FleetView _first = new("first");
    private readonly FleetView _second = new("second");

    [Fact]
    public void Count_HostsComeAndGo_CountsThemAllAndOnlyOnceEach()
    {
        var fleet = new GatewayFleet(_first, _second);
        Assert.Equal(new FleetCounts(0, 0, 0), fleet.Count());

        _first.Publish(Hosts.New("a"), Hosts.New("b", isActive: false));
        _second.Publish(Hosts.New("c") with { Health = HealthStatus.Unhealthy });
        Assert.Equal(new FleetCounts(3, 2, 1), fleet.Count());
        Assert.Same(fleet.Count(), fleet.Count());

        _first.Apply(new FleetChanges { Epoch = 1, Version = 2, IsFull = false, Changed = [], Removed = ["b"] });
        Assert.Equal(new FleetCounts(2, 2, 1), fleet.Count());
    }

    [Fact]
    public async Task Count_WhileHostsChange_IsRightAfterTheLastChange()
    {
        const int rounds = 2000;
        var fleet = new GatewayFleet(_first);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                fleet.Count();
            }
        })).ToArray();
        for (var i = 1; i <= rounds; i++)
        {
            _first.Publish([.. Enumerable.Range(0, i % 7).Select(static number => Hosts.New($"host-{number}"))]);
            Assert.Equal(i % 7, fleet.Count().Total);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }
}
