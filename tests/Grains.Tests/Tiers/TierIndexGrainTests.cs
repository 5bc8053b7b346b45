using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Tiers;

public sealed class TierIndexGrainTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private readonly string _pool = ClusterFixture.NewName("pool");

    [Fact]
    public async Task Place_UnknownTier_SaysSo()
    {
        await cluster.AddHostAsync(_pool);

        Assert.Equal(RouteOutcome.UnknownTier, (await cluster.PlaceAsync(_pool, TestFleet.Request("no-such-tier"))).Outcome);
    }

    [Fact]
    public async Task Place_NothingFits_CountsTheRefusalsByFilter()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 95));
        await cluster.AddHostAsync(_pool, TestFleet.Report(freeMemoryGb: 0.5));

        var decision = await cluster.PlaceAsync(_pool, TestFleet.Request());

        Assert.Equal(RouteOutcome.NoCapacity, decision.Outcome);
        Assert.Equal(1, decision.Refusals[(int)RefusalReason.Cpu]);
        Assert.Equal(1, decision.Refusals[(int)RefusalReason.Memory]);
    }

    [Fact]
    public async Task Place_TwoHundredCallersForEightCores_GrantsExactlyEight()
    {
        await cluster.AddHostAsync(_pool);

        var decisions = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: $"s{i}"))));

        Assert.Equal(8, decisions.Count(decision => decision.Outcome == RouteOutcome.Routed));
        Assert.Equal(8, decisions.Where(decision => decision.Outcome == RouteOutcome.Routed).Select(decision => decision.ReservationId).Distinct().Count());
    }

    [Fact]
    public async Task Release_Reservation_FreesItsRoomOnce()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cores: 1));
        var held = await cluster.PlaceAsync(_pool, TestFleet.Request());
        Assert.Equal(RouteOutcome.NoCapacity, (await cluster.PlaceAsync(_pool, TestFleet.Request())).Outcome);

        Assert.True(await cluster.Index(_pool).Release(held.ReservationId));

        Assert.False(await cluster.Index(_pool).Release(held.ReservationId));
        Assert.Equal(RouteOutcome.Routed, (await cluster.PlaceAsync(_pool, TestFleet.Request())).Outcome);
    }

    [Fact]
    public async Task PurgeReservations_FreesEverything()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cores: 2));
        await cluster.PlaceAsync(_pool, TestFleet.Request());
        await cluster.PlaceAsync(_pool, TestFleet.Request());

        Assert.Equal(2, await cluster.Index(_pool).PurgeReservations());

        Assert.Equal(RouteOutcome.Routed, (await cluster.PlaceAsync(_pool, TestFleet.Request())).Outcome);
    }

    [Fact]
    public async Task Deactivation_OfTheIndex_BringsHostsAndReservationsBack()
    {
        var host = await cluster.AddHostAsync(_pool, TestFleet.Report(cores: 2));
        var held = await cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: "mine"));

        await cluster.Cluster.DeactivateAsync(cluster.Index(_pool));

        var again = await cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: "mine"));
        Assert.Equal(held.ReservationId, again.ReservationId);
        Assert.Equal(host, again.ClientId);
        Assert.Equal(RouteOutcome.Routed, (await cluster.PlaceAsync(_pool, TestFleet.Request())).Outcome);
        Assert.Equal(RouteOutcome.NoCapacity, (await cluster.PlaceAsync(_pool, TestFleet.Request())).Outcome);
    }

    [Fact]
    public async Task Deactivation_InTheMiddleOfARace_NeverOverbooks()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cores: 20));

        var race = Enumerable.Range(0, 400).Select(i => cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: $"s{i}"))).ToList();
        await cluster.Cluster.DeactivateAsync(cluster.Index(_pool));
        race.AddRange(Enumerable.Range(400, 400).Select(i => cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: $"s{i}"))));
        var decisions = await Task.WhenAll(race);

        // 16 GB free and 1 GB a session: memory is the bound.
        Assert.Equal(16, decisions.Count(decision => decision.Outcome == RouteOutcome.Routed));
    }

    [Fact]
    public async Task GetChanges_NothingNew_WaitsAndThenAnswersAtTheChange()
    {
        await cluster.AddHostAsync(_pool);
        var full = await cluster.Index(_pool).GetChanges(Guid.Empty, 0, TimeSpan.Zero);
        var waiting = cluster.Index(_pool).GetChanges(full.Epoch, full.Version, TimeSpan.FromSeconds(20));
        Assert.False(waiting.IsCompleted);

        var added = await cluster.AddHostAsync(_pool);

        Assert.Equal(added, Assert.Single((await waiting).Changed).Snapshot.ClientId);
    }

    [Fact]
    public async Task GetChanges_NothingHappens_AnswersEmptyAfterTheWait()
    {
        var full = await cluster.Index(_pool).GetChanges(Guid.Empty, 0, TimeSpan.Zero);

        var changes = await cluster.Index(_pool).GetChanges(full.Epoch, full.Version, TimeSpan.FromMilliseconds(20));

        Assert.False(changes.IsFull);
        Assert.Empty(changes.Changed);
    }
}
