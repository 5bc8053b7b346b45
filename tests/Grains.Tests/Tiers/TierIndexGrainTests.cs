using Microsoft.Extensions.DependencyInjection;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Place_ThousandCallersForAHundredSlots_GrantsExactlyAHundred(bool isDeactivatedMeanwhile)
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => cluster.AddHostAsync(_pool, TestFleet.Report(cores: 10))));

        var race = Enumerable.Range(0, 500).Select(i => cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: $"s{i}"))).ToList();
        if (isDeactivatedMeanwhile)
        {
            await cluster.Cluster.DeactivateAsync(cluster.Index(_pool));
        }

        race.AddRange(Enumerable.Range(500, 500).Select(i => cluster.PlaceAsync(_pool, TestFleet.Request(stickyId: $"s{i}"))));
        var decisions = await Task.WhenAll(race);

        Assert.Equal(100, decisions.Count(decision => decision.Outcome == RouteOutcome.Routed));
        Assert.Equal(100, decisions.Where(decision => decision.Outcome == RouteOutcome.Routed).Select(decision => decision.ReservationId).Distinct().Count());
    }

    [Fact]
    public async Task Renew_Reservation_IsTrueOnlyWhileItLives()
    {
        await cluster.AddHostAsync(_pool);
        var held = await cluster.PlaceAsync(_pool, TestFleet.Request());

        Assert.True(await cluster.Index(_pool).Renew(held.ReservationId));
        await cluster.Index(_pool).Release(held.ReservationId);
        Assert.False(await cluster.Index(_pool).Renew(held.ReservationId));
    }

    [Fact]
    public async Task Place_Explained_ShowsTheFleetBeforeTheReservation()
    {
        var best = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 10, cores: 1));
        var busy = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 95));

        var decision = await cluster.PlaceAsync(_pool, TestFleet.Request() with { Explain = true });

        Assert.Equal(best, decision.Explanation!.ClientId);
        Assert.Equal([best, busy], decision.Explanation.Hosts.Select(host => host.ClientId));
        Assert.Equal(60, decision.Explanation.Hosts[0].Score!.Total, 6);
        Assert.Equal((RefusalReason.Cpu, 1.0), (decision.Explanation.Hosts[1].Refusal, decision.Explanation.Hosts[1].Shortage!.Needed));
        var remembered = await cluster.Index(_pool).GetDecision(decision.ReservationId);
        Assert.Equal((best, "small"), (remembered!.ClientId, remembered.Tier));
        Assert.Equal(RefusalReason.None, remembered.Explanation.Hosts[0].Refusal);
    }

    [Fact]
    public async Task Place_RememberedDecisions_KeepNothingOfTheirRequests()
    {
        await cluster.AddHostAsync(_pool);
        // As a gateway in the silo's process calls it: what is immutable is not copied.
        var index = cluster.Cluster.GetSiloServiceProvider().GetRequiredService<IGrainFactory>().GetGrain<ITierIndexGrain>(_pool);
        var requests = new List<WeakReference>();
        for (var i = 0; i < 100; i++)
        {
            requests.Add(await PlaceAsync(index));
        }

        GC.Collect();

        // Messages of the last calls may still be in somebody's hands.
        Assert.InRange(requests.Count(request => request.IsAlive), 0, 10);

        static async Task<WeakReference> PlaceAsync(ITierIndexGrain index)
        {
            var request = TestFleet.Request();
            var decision = Assert.Single(await index.ReleaseAndPlace(0, [], [request]));
            await index.Release(decision.ReservationId);
            Assert.Equal("small", (await index.GetDecision(decision.ReservationId))!.Tier);
            return new WeakReference(request);
        }
    }

    [Fact]
    public async Task GetChanges_NothingNew_WaitsAndThenAnswersAtTheChange()
    {
        await cluster.AddHostAsync(_pool);
        var full = await cluster.Index(_pool).GetChanges(0, 0, TimeSpan.Zero);
        var waiting = cluster.Index(_pool).GetChanges(full.Epoch, full.Version, TimeSpan.FromSeconds(20));
        Assert.False(waiting.IsCompleted);

        var added = await cluster.AddHostAsync(_pool);

        Assert.Equal(added, Assert.Single((await waiting).Changed).Snapshot.ClientId);
    }

    [Fact]
    public async Task GetChanges_NothingHappens_AnswersEmptyAfterTheWait()
    {
        var full = await cluster.Index(_pool).GetChanges(0, 0, TimeSpan.Zero);

        var changes = await cluster.Index(_pool).GetChanges(full.Epoch, full.Version, TimeSpan.FromMilliseconds(20));

        Assert.False(changes.IsFull);
        Assert.Empty(changes.Changed);
    }
}
