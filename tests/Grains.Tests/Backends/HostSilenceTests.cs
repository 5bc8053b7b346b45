using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

/// <summary>Hosts that fall silent, with a wall clock that is set ahead and back.</summary>
public sealed class HostSilenceTests(HostSilenceTests.Fixture cluster) : IClassFixture<HostSilenceTests.Fixture>
{
    private readonly string _pool = ClusterFixture.NewName("pool");

    [Fact]
    public async Task Silence_ForStaleAfter_TakesTheHostOutAndAReportBringsItBack()
    {
        var id = await cluster.AddHostAsync(_pool);

        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.IsActive == false);
        Assert.True(await cluster.Backend(id).Report(TestFleet.Report()));

        Assert.True((await cluster.Backend(id).GetSnapshot())!.IsActive);
    }

    [Fact]
    public async Task Deactivation_OfAStaleHost_LeavesItStaleAndKnown()
    {
        var id = await cluster.AddHostAsync(_pool);
        await Eventually.BecomesTrueAsync(async () => (await cluster.Backend(id).GetSnapshot())?.IsActive == false);

        await cluster.Cluster.DeactivateAsync(cluster.Backend(id));

        var snapshot = await cluster.Backend(id).GetSnapshot();
        Assert.NotNull(snapshot?.Load);
        Assert.False(snapshot.IsActive);
    }

    [Fact]
    public async Task Silence_ForThreeTimesStaleAfter_RemovesTheHostWithItsHistory()
    {
        var id = await cluster.AddHostAsync(_pool);
        await cluster.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" });
        await Eventually.BecomesTrueAsync(() => cluster.CountReports(id) == 1);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id) is not null);

        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id) is null);

        Assert.Null(await cluster.Backend(id).GetSnapshot());
        await Eventually.BecomesTrueAsync(() => cluster.CountReports(id) == 0);
        await Eventually.BecomesTrueAsync(async () => (await cluster.Grains.GetGrain<ISessionDirectoryGrain>(_pool).List(id, 0, 10)).Assignments.IsEmpty);
        Assert.Equal(0, await cluster.Index(_pool).PurgeReservations());
    }

    [Theory]
    [InlineData(365)]
    [InlineData(-365)]
    public async Task Clock_IsSet_NeitherKillsNorResurrects(int days)
    {
        var talking = await cluster.AddHostAsync(_pool);
        var silent = await cluster.AddHostAsync(_pool);
        var draining = await cluster.AddHostAsync(_pool);
        await cluster.Backend(draining).Drain(TimeSpan.FromHours(1), isShutdown: false);

        cluster.Clock.Set(TimeSpan.FromDays(days));
        try
        {
            await Eventually.BecomesTrueAsync(async () =>
            {
                Assert.True(await cluster.Backend(talking).Report(TestFleet.Report()));
                Assert.True(await cluster.Backend(draining).Report(TestFleet.Report()));
                Assert.True((await cluster.Backend(talking).GetSnapshot())!.IsActive);
                return (await cluster.Backend(silent).GetSnapshot()) is { IsActive: false };
            });
            Assert.Equal(Lifecycle.Draining, (await cluster.Backend(draining).GetSnapshot())!.Lifecycle);
            Assert.True(await cluster.Backend(await cluster.AddHostAsync(_pool)).Report(TestFleet.Report()));
        }
        finally
        {
            cluster.Clock.Set(TimeSpan.Zero);
        }
    }

    public sealed class Fixture : ClusterFixture
    {
        internal SetBackClock Clock { get; } = new();

        protected override TimeProvider Time => field ??= new ForwardClock(Clock);

        protected override GrainSettings Settings { get; } = new() { Tiers = [TestFleet.Small], StaleAfter = TimeSpan.FromSeconds(5) };
    }
}
