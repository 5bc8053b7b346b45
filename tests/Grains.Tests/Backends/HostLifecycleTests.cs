using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

/// <summary>Hosts that come, go and drain, without probes.</summary>
public sealed class HostLifecycleTests(HostLifecycleTests.Fixture cluster) : IClassFixture<HostLifecycleTests.Fixture>
{
    private readonly string _pool = ClusterFixture.NewName("pool");

    [Fact]
    public async Task Drain_WithoutDeadline_KeepsSessionsAndTakesNoNewOnes()
    {
        var (host, other) = await TwoHostsAsync();

        var drained = await cluster.Backend(host).Drain(null, isShutdown: false);

        Assert.Equal((Lifecycle.Draining, null), (drained!.Lifecycle, drained.DrainDeadline));
        await StateReachesAsync(host, Lifecycle.Draining);
        Assert.Equal((host, false), await WhereAsync("old"));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(i => WhereAsync($"new-{i}"))), placed => Assert.Equal(other, placed.Host));
        Assert.Equal(other, (await cluster.PlaceAsync(_pool, TestFleet.Request())).ClientId);
    }

    [Fact]
    public async Task Drain_DeadlinePasses_SessionsMoveAndStayWhereTheyAre()
    {
        var (host, other) = await TwoHostsAsync();
        var before = await cluster.Backend(host).GetSnapshot();

        await cluster.Backend(host).Drain(TimeSpan.FromSeconds(3), isShutdown: false);

        await StateReachesAsync(host, Lifecycle.Draining);
        Assert.Equal((host, false), await WhereAsync("old"));
        await StateReachesAsync(host, Lifecycle.Drained);
        Assert.True(cluster.Fleet(_pool).Find(host)!.Host.SessionEpoch > 0);
        Assert.Equal((other, true), await WhereAsync("old"));
        Assert.Equal((other, false), await WhereAsync("old"));
        Assert.Equal(before!.AffinityEpoch, (await cluster.Backend(host).GetSnapshot())!.AffinityEpoch);
    }

    [Fact]
    public async Task Undrain_BeforeTheDeadline_TakesNewSessionsAgainAndMovesNone()
    {
        var (host, other) = await TwoHostsAsync();
        await cluster.Backend(host).Drain(TimeSpan.FromSeconds(2), isShutdown: false);

        await cluster.Backend(host).Undrain();
        await cluster.Backend(other).BeginMaintenance();

        await StateReachesAsync(host, Lifecycle.InService);
        await StateReachesAsync(other, Lifecycle.Maintenance);
        Assert.Equal((host, false), await WhereAsync("old"));
        Assert.Equal(host, (await WhereAsync("new")).Host);
    }

    [Fact]
    public async Task BeginMaintenance_Host_ItsSessionsMoveAtOnce()
    {
        var (host, other) = await TwoHostsAsync();

        await cluster.Backend(host).BeginMaintenance();

        await StateReachesAsync(host, Lifecycle.Maintenance);
        Assert.Equal((other, true), await WhereAsync("old"));
    }

    [Fact]
    public async Task Register_Again_KeepsADrainAndLiftsTheAgentsOwn()
    {
        var id = await cluster.AddHostAsync(_pool);
        await cluster.Backend(id).Drain(null, isShutdown: true);
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool));
        Assert.Equal(Lifecycle.InService, (await cluster.Backend(id).GetSnapshot())!.Lifecycle);

        await cluster.Backend(id).BeginMaintenance();
        await cluster.Backend(id).Drain(null, isShutdown: true);
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool));

        Assert.Equal(Lifecycle.Maintenance, (await cluster.Backend(id).GetSnapshot())!.Lifecycle);
    }

    [Fact]
    public async Task Deactivation_OfADrainingHost_KeepsTheDrainAndItsDeadline()
    {
        var id = await cluster.AddHostAsync(_pool);
        var before = await cluster.Backend(id).Drain(TimeSpan.FromSeconds(2), isShutdown: false);

        await cluster.Cluster.DeactivateAsync(cluster.Backend(id));

        var after = await cluster.Backend(id).GetSnapshot();
        Assert.Equal((Lifecycle.Draining, before!.DrainDeadline), (after!.Lifecycle, after.DrainDeadline));
        await StateReachesAsync(id, Lifecycle.Drained);
    }

    [Fact]
    public async Task Remove_Host_TakesItsSessionsReservationsAndHistoryWithIt()
    {
        var id = await cluster.AddHostAsync(_pool);
        Assert.Equal((id, true), await WhereAsync("s"));
        await Eventually.BecomesTrueAsync(() => cluster.CountReports(id) == 1);

        Assert.True(await cluster.Backend(id).Remove());

        Assert.False(await cluster.Backend(id).Remove());
        Assert.Null(await cluster.Backend(id).GetSnapshot());
        Assert.False(await cluster.Backend(id).Report(TestFleet.Report()));
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id) is null);
        await Eventually.BecomesTrueAsync(async () => (await Directory.List(id, 0, 10)).Assignments.IsEmpty);
        await Eventually.BecomesTrueAsync(() => cluster.CountReports(id) == 0);
        Assert.Equal(0, await cluster.Index(_pool).PurgeReservations());
    }

    [Fact]
    public async Task Lifecycle_UnknownHost_IsNull()
    {
        var backend = cluster.Backend(ClusterFixture.NewName("host"));

        Assert.Null(await backend.Drain(null, isShutdown: false));
        Assert.Null(await backend.Undrain());
        Assert.Null(await backend.BeginMaintenance());
        Assert.False(await backend.Remove());
    }

    [Fact]
    public async Task Register_EndpointOfAHostFromTheFuture_TakesItAllTheSame()
    {
        // Whoever registered before the clock was set back, or on a silo whose clock is ahead.
        var ahead = TestFleet.Host(ClusterFixture.NewName("host"), registeredAt: DateTimeOffset.MaxValue.Ticks / 2 * 3);
        await cluster.Index(_pool).Observe(ahead);
        var id = ClusterFixture.NewName("host");

        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool, ahead.Registration.Endpoint));

        Assert.True((await cluster.Backend(id).GetSnapshot())!.RegisteredAt > ahead.RegisteredAt);
        Assert.True(await cluster.Backend(id).Report(TestFleet.Report()));
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Entries.Select(entry => entry.Snapshot.ClientId).SequenceEqual([id]));
    }

    [Fact]
    public async Task SlowStart_NewHost_FadesToNothingAndAKnownOneHasNone()
    {
        var id = await cluster.AddHostAsync(_pool);
        Assert.InRange((await cluster.Backend(id).GetSnapshot())!.SlowStartLeft, 0.01, 1);

        await Eventually.BecomesTrueAsync(async () =>
        {
            await cluster.Backend(id).Report(TestFleet.Report());
            return cluster.Fleet(_pool).Find(id)?.Snapshot.SlowStartLeft == 0;
        });

        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool));
        Assert.Equal(0, (await cluster.Backend(id).GetSnapshot())!.SlowStartLeft);
    }

    [Fact]
    public async Task Count_Sessions_AreCountedByHost()
    {
        var (host, other) = await TwoHostsAsync();
        await cluster.Backend(host).BeginMaintenance();
        await StateReachesAsync(host, Lifecycle.Maintenance);
        await WhereAsync("new-1");
        await WhereAsync("new-2");

        await Eventually.BecomesTrueAsync(async () =>
        {
            var counts = await Directory.Count();
            return counts.Where(count => count.ClientId == host).Sum(count => count.Count) == 1
                && counts.Where(count => count.ClientId == other).Sum(count => count.Count) == 2;
        });
    }

    private ISessionDirectoryGrain Directory => cluster.Grains.GetGrain<ISessionDirectoryGrain>(_pool);

    /// <summary>Two hosts, the first of which has the session "old".</summary>
    private async Task<(string Host, string Other)> TwoHostsAsync()
    {
        var host = await cluster.AddHostAsync(_pool);
        Assert.Equal((host, true), await WhereAsync("old"));
        return (host, await cluster.AddHostAsync(_pool));
    }

    private async Task<(string Host, bool IsNew)> WhereAsync(string session)
    {
        var answer = await cluster.Session(_pool, session).Resolve(new PlacementRequest { Tier = "small" });
        Assert.Equal(RouteOutcome.Routed, answer.Outcome);
        return (answer.ClientId, answer.IsNew);
    }

    private Task StateReachesAsync(string id, Lifecycle lifecycle) =>
        Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.Lifecycle == lifecycle);

    public sealed class Fixture : ClusterFixture
    {
        protected override GrainSettings Settings { get; } = new()
        {
            Tiers = [TestFleet.Small],
            SlowStart = TimeSpan.FromSeconds(2),
        };
    }
}
