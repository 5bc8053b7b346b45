using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Sessions;

/// <summary>Gateways with <c>pools</c>: the sessions are kept in one pool and placed in several.</summary>
public sealed class SessionsOfSeveralPoolsTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private readonly string _home = ClusterFixture.NewName("home");
    private readonly string _spare = ClusterFixture.NewName("spare");

    [Fact]
    public async Task Resolve_FirstPoolHasRoom_IsPlacedThere()
    {
        var host = await AddAsync(_home, slots: 1);
        await AddAsync(_spare, slots: 1);

        var decision = await ResolveAsync("s");

        Assert.Equal((host, _home), (decision.ClientId, decision.Pool));
        Assert.Equal((1, 0), await PurgeAsync());
    }

    [Fact]
    public async Task Resolve_FirstPoolIsFull_SpillsAndStaysWhenTheFirstHasRoomAgain()
    {
        await AddAsync(_home, slots: 1);
        var spare = await AddAsync(_spare, slots: 1);
        var first = await ResolveAsync("first");

        var spilled = await ResolveAsync("s");
        await cluster.Index(_home).Release(first.ReservationId);
        await cluster.Cluster.DeactivateAsync(cluster.Session(_home, "s"));
        var again = await ResolveAsync("s");

        Assert.Equal((spare, _spare), (spilled.ClientId, spilled.Pool));
        Assert.Equal((spare, _spare, spilled.ReservationId, false), (again.ClientId, again.Pool, again.ReservationId, again.IsNew));
        Assert.Equal((0, 1), await PurgeAsync());
    }

    [Fact]
    public async Task Resolve_NoPoolHasRoom_TellsWhatAllOfThemRefused()
    {
        await AddAsync(_home, slots: 0);
        await AddAsync(_spare, slots: 0);
        await AddAsync(_spare, slots: 0);

        var decision = await ResolveAsync("s", explain: true);

        Assert.Equal(RouteOutcome.NoCapacity, decision.Outcome);
        Assert.Equal(3, decision.Refusals.Sum());
        Assert.Equal(3, decision.Explanation!.Hosts.Length);
    }

    [Fact]
    public async Task Resolve_HostOfTheSpareRefusedTheConnection_MovesToTheFirstPoolAndReservesOnce()
    {
        var spare = await AddAsync(_spare, slots: 1);
        await ResolveAsync("s");
        var home = await AddAsync(_home, slots: 1);

        var moved = await ResolveAsync("s", excluded: spare);

        Assert.Equal((home, _home), (moved.ClientId, moved.Pool));
        Assert.Equal(home, (await ResolveAsync("s")).ClientId);
        Assert.Equal((1, 0), await PurgeAsync());
    }

    [Fact]
    public async Task Resolve_OverloadedInTheSpare_MovesToAPoolWithRoom()
    {
        var spare = await AddAsync(_spare, slots: 1);
        await ResolveAsync("s");
        var home = await AddAsync(_home, slots: 1);
        for (var i = 0; i < 2; i++)
        {
            await cluster.Backend(spare).Report(TestFleet.Report(cpu: 95, cores: 1, freeMemoryGb: 1));
        }

        Assert.Equal((home, _home), await WhereAsync("s"));
        Assert.Equal((1, 0), await PurgeAsync());
    }

    [Fact]
    public async Task Resolve_GatewayThatDoesNotServeTheSpare_TakesTheSessionHome()
    {
        await AddAsync(_spare, slots: 1);
        await ResolveAsync("s");
        var home = await AddAsync(_home, slots: 1);

        var moved = await cluster.Session(_home, "s").Resolve(new PlacementRequest { Tier = "small" });

        Assert.Equal((home, ""), (moved.ClientId, moved.Pool));
        Assert.Equal((home, _home), await WhereAsync("s"));
        Assert.Equal((1, 0), await PurgeAsync());
    }

    [Fact]
    public async Task Index_OfTheSpareStartsAgain_KnowsTheReservationsOfSessionsThatSpilled()
    {
        await AddAsync(_spare, slots: 1);
        var spilled = await ResolveAsync("s");

        await cluster.Cluster.DeactivateAsync(cluster.Index(_spare));

        Assert.Equal(RouteOutcome.NoCapacity, (await cluster.PlaceAsync(_spare, TestFleet.Request())).Outcome);
        Assert.True((await cluster.Index(_spare).HasRoomFor(spilled.ClientId, "small", spilled.ReservationId)).ReservedFor > TimeSpan.Zero);
        Assert.False(await cluster.Index(_home).Release(spilled.ReservationId));
        Assert.True(await cluster.Index(_spare).Release(spilled.ReservationId));
    }

    [Fact]
    public async Task Resolve_IndexOfTheSpareFollowedAnotherOne_IsPlacedByTheNewOne()
    {
        await AddAsync(_spare, slots: 3);
        await ResolveAsync("before");
        await cluster.Cluster.DeactivateAsync(cluster.Index(_spare));

        var after = await ResolveAsync("after");

        Assert.Equal((RouteOutcome.Routed, _spare), (after.Outcome, after.Pool));
        Assert.Equal((0, 2), await PurgeAsync());
    }

    [Fact]
    public async Task Resolve_FiveHundredFirstRequestsInBothOrders_GetOneHostAndOneReservation()
    {
        await AddAsync(_home, slots: 8);
        await AddAsync(_spare, slots: 8);

        var hosts = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => cluster.Session(_home, "s").Resolve(new PlacementRequest
        {
            Tier = "small",
            Pools = i % 2 == 0 ? [_home, _spare] : [_spare, _home],
        })));

        Assert.Single(hosts.Select(static decision => decision.ClientId).Distinct());
        var (home, spare) = await PurgeAsync();
        Assert.Equal(1, home + spare);
    }

    [Fact]
    public async Task Resolve_MoreSessionsThanSlots_GrantsExactlyTheCapacityOfAllPools()
    {
        await AddAsync(_home, slots: 5);
        await AddAsync(_spare, slots: 3);

        var decisions = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => ResolveAsync($"s-{i}")));

        Assert.Equal(8, decisions.Count(static decision => decision.Outcome == RouteOutcome.Routed));
        Assert.Equal((5, 3), await PurgeAsync());
    }

    private async Task<(string Host, string Pool)> WhereAsync(string session)
    {
        var decision = await ResolveAsync(session);
        return (decision.ClientId, decision.Pool);
    }

    private Task<PlacementDecision> ResolveAsync(string session, bool explain = false, params ReadOnlySpan<string> excluded) =>
        cluster.Session(_home, session).Resolve(TestFleet.Request("small", null, excluded) with { Pools = [_home, _spare], Explain = explain });

    private Task<string> AddAsync(string pool, int slots) =>
        cluster.AddHostAsync(pool, TestFleet.Report(cores: Math.Max(slots, 1), cpu: 1, freeMemoryGb: slots));

    private async Task<(int Home, int Spare)> PurgeAsync() =>
        (await cluster.Index(_home).PurgeReservations(), await cluster.Index(_spare).PurgeReservations());
}
