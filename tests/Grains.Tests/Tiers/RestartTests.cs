using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Tiers;

/// <summary>What was stored by one silo, in the hands of the next one.</summary>
public sealed class RestartTests : IDisposable
{
    private const string Pool = "default";

    private static readonly TierSpec Gpu = new() { Name = "gpu", Gpu = 1, GpuMemoryGb = 1 };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Place_AnotherIndexHasBegun_TheFirstGrantsNothingMoreAndLosesNothing()
    {
        await using var first = await StartAsync();
        await first.AddHostAsync(Pool);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(RouteOutcome.Routed, (await first.Index(Pool).ReleaseAndPlaceDurably(0, [], [TestFleet.Request()]))[0].Outcome);
        }

        await using var second = await StartAsync();
        var theirs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => second.Index(Pool).ReleaseAndPlaceDurably(0, [], [TestFleet.Request()])));
        var ours = (await first.Index(Pool).ReleaseAndPlaceDurably(0, [], [TestFleet.Request()]))[0];

        Assert.Equal(4, theirs.Count(static decisions => decisions[0].Outcome == RouteOutcome.Routed));
        Assert.Equal(RouteOutcome.NotStored, ours.Outcome);
        Assert.Equal(RouteOutcome.Unavailable, (await first.PlaceAsync(Pool, TestFleet.Request())).Outcome);
        Assert.Equal(RouteOutcome.Unavailable, (await first.Session(Pool, "s").Resolve(new PlacementRequest { Tier = "small" })).Outcome);
    }

    [Fact]
    public async Task GetChanges_CallerKnowsOfALaterIndex_StepsDown()
    {
        await using var cluster = await StartAsync();
        await cluster.AddHostAsync(Pool);
        Assert.Equal(RouteOutcome.Routed, (await cluster.PlaceAsync(Pool, TestFleet.Request())).Outcome);

        await cluster.Index(Pool).GetChanges(long.MaxValue, 0, TimeSpan.Zero);

        Assert.Equal(RouteOutcome.Unavailable, (await cluster.PlaceAsync(Pool, TestFleet.Request())).Outcome);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task Resolve_TierHasAnotherNumberOfCardsNow_TheSessionIsToldSoMany(int before, int after)
    {
        string host;
        await using (var first = await StartAsync(new GrainSettings { Tiers = [Gpu with { Gpu = before }] }))
        {
            host = await AddGpuHostAsync(first);
            await AddGpuHostAsync(first);
            Assert.Equal(before, (await ResolveAsync(first)).GpuIds.Length);
            host = (await ResolveAsync(first)).ClientId;
        }

        await using var second = await StartAsync(new GrainSettings { Tiers = [Gpu with { Gpu = after }] });
        var told = await ResolveAsync(second);

        Assert.Equal((host, after), (told.ClientId, told.GpuIds.Length));
        Assert.Equal(told.GpuIds, (await ResolveAsync(second)).GpuIds);
        Assert.Equal(1, await second.Index(Pool).PurgeReservations());
    }

    [Fact]
    public async Task Place_TimeoutLowered_WhatWasGrantedIsHeldForItsTime()
    {
        await using (var first = await StartAsync())
        {
            await first.AddHostAsync(Pool, TestFleet.Report(cores: 1));
            Assert.Equal(RouteOutcome.Routed, (await first.PlaceAsync(Pool, TestFleet.Request())).Outcome);
        }

        await using var second = await StartAsync(new GrainSettings { Tiers = [TestFleet.Small], ReservationTimeout = TimeSpan.FromSeconds(1) });

        Assert.Equal(RouteOutcome.NoCapacity, (await second.PlaceAsync(Pool, TestFleet.Request())).Outcome);
        Assert.Equal(1, await second.Index(Pool).PurgeReservations());
    }

    [Fact]
    public async Task Place_TierRenamed_WhatWasGrantedIsStillHeld()
    {
        await using (var first = await StartAsync())
        {
            await first.AddHostAsync(Pool, TestFleet.Report(cores: 1));
            Assert.Equal(RouteOutcome.Routed, (await first.PlaceAsync(Pool, TestFleet.Request(stickyId: "s"))).Outcome);
        }

        await using var second = await StartAsync(new GrainSettings { Tiers = [TestFleet.Small with { Name = "tiny" }] });

        Assert.Equal(RouteOutcome.NoCapacity, (await second.PlaceAsync(Pool, TestFleet.Request("tiny"))).Outcome);
        Assert.Equal(1, await second.Index(Pool).PurgeReservations());
        Assert.Equal(RouteOutcome.Routed, (await second.PlaceAsync(Pool, TestFleet.Request("tiny"))).Outcome);
    }

    private Task<OwnCluster> StartAsync(GrainSettings? settings = null) => OwnCluster.StartAsync(_directory.File("opsen.db"), settings);

    private static Task<string> AddGpuHostAsync(OwnCluster cluster) => cluster.AddHostAsync(Pool, TestFleet.Report() with
    {
        Gpus = [.. Enumerable.Range(0, 4).Select(static id => new GpuLoad { DeviceId = id, MemoryTotalGb = 24, MemoryUsedGb = 0 })],
    });

    private static async Task<PlacementDecision> ResolveAsync(OwnCluster cluster)
    {
        var decision = (await cluster.Session(Pool, "s").Resolve(new PlacementRequest { Tier = "gpu" }));
        Assert.Equal(RouteOutcome.Routed, decision.Outcome);
        return decision;
    }
}
