using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>Scores and filters worked out by hand.</summary>
public sealed class PlacementScoreTests
{
    private static readonly GeoPoint Berlin = new(52.52, 13.405);
    private static readonly GeoPoint Paris = new(48.8566, 2.3522);

    public static TheoryData<string, int, double[], double, double, double> Scores => new()
    {
        // name, vcpu, cores, memory used of 32 GB, latency, score
        { "idle", 1, [0, 0], 0, 0, 0 },
        { "least-loaded core", 1, [50, 10, 30], 0, 0, 10 },
        { "mean of the two least-loaded", 2, [50, 10, 30], 0, 0, 20 },
        { "busy cores count in the mean", 3, [10, 20, 30, 90], 0, 0, 20 },
        { "vcpu 0 takes the least-loaded core", 0, [50, 40], 0, 0, 40 },
        { "no cores at all", 0, [], 0, 0, 0 },
        { "memory", 1, [0], 8, 0, 25 },
        { "latency", 1, [0], 0, 12.5, 12.5 },
        { "all together", 2, [10, 30, 70], 16, 1.5, 71.5 },
    };

    [Theory]
    [MemberData(nameof(Scores))]
    public void Place_KnownLoad_ScoresByHand(string name, int vcpu, double[] cores, double memoryUsed, double latency, double score)
    {
        var index = IndexOf(new TierSpec { Name = name, Vcpu = vcpu });
        index.Upsert(Hosts.Create("a", Hosts.Load([.. cores], memoryFree: 32 - memoryUsed)) with { LatencyMs = latency }, 0);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var placement));
        Assert.Equal(score, placement.Score, 1e-9);
    }

    [Fact]
    public void Place_TierAsksForMoreCoresThanThereAre_AveragesAll()
    {
        // The filter refuses such a host for a new session, but one that stays is still described by its score.
        var index = IndexOf(new TierSpec { Name = "big", Vcpu = 3 });
        index.Upsert(Hosts.Create("a"), 0);
        index.Place(new() { StickyId = "s" }, 0, out _);
        index.Upsert(Hosts.Create("a", Hosts.Load([10, 30])), 0);

        index.Place(new() { StickyId = "s" }, 0, out var placement);

        Assert.True(placement.IsExisting);
        Assert.Equal(20, placement.Score, 1e-9);
    }

    [Fact]
    public void Place_GpuTier_AddsWeightedMeanOfAllCards()
    {
        var index = IndexOf(new TierSpec { Name = "gpu", Gpu = 1, GpuMemoryGb = 10 }, new TierSpec { Name = "plain" });
        index.Upsert(Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, free: 40, utilization: 10), Hosts.Gpu(1, free: 20, utilization: 30)])), 0);

        index.Place(new() { Tier = 0 }, 0, out var gpu);
        index.Place(new() { Tier = 1 }, 0, out var plain);

        Assert.Equal((30, 0), (gpu.Score, plain.Score));
    }

    [Fact]
    public void Place_BothPlacesKnown_AddsHaversineDistance()
    {
        var index = IndexOf(new TierSpec { Name = "lite" });
        index.Upsert(Hosts.Create("paris", place: Paris), 0);

        index.Place(new() { Place = Berlin }, 0, out var placement);

        // a = sin²(1.8317°) + cos 48.8566° · cos 52.52° · sin²(5.5264°) = 0.0047349…
        Assert.Equal(877.46, placement.DistanceKm, 0.01);
        Assert.Equal(placement.DistanceKm, placement.Score);
    }

    [Theory]
    [InlineData(0, 0, 52.52, 13.405)]
    [InlineData(52.52, 13.405, 0, 0)]
    public void Place_OnePlaceUnknown_DistanceIsZero(double callerLatitude, double callerLongitude, double hostLatitude, double hostLongitude)
    {
        var index = IndexOf(new TierSpec { Name = "lite" });
        index.Upsert(Hosts.Create("a", place: new(hostLatitude, hostLongitude)), 0);

        index.Place(new() { Place = new(callerLatitude, callerLongitude) }, 0, out var placement);

        Assert.Equal((0, 0), (placement.DistanceKm, placement.Score));
    }

    [Fact]
    public void Place_UnplacedHostAndNearHost_LowerScoreWins()
    {
        var index = IndexOf(new TierSpec { Name = "lite" });
        index.Upsert(Hosts.Create("near", Hosts.Load([5]), place: Berlin), 0);
        index.Upsert(Hosts.Create("nowhere", Hosts.Load([6])), 0);

        index.Place(new() { Place = Berlin }, 0, out var first);
        index.Upsert(Hosts.Create("nowhere", Hosts.Load([4])), 0);
        index.Place(new() { Place = Berlin }, 0, out var second);

        Assert.Equal(("near", "nowhere"), (first.Host.ClientId, second.Host.ClientId));
    }

    [Fact]
    public void Place_ReservationsOnHost_DoNotChangeItsScore()
    {
        var index = IndexOf(new TierSpec { Name = "lite", Vcpu = 1, MemoryGb = 4 });
        index.Upsert(Hosts.Create("a", Hosts.Load([10, 20, 30])), 0);

        index.Place(new(), 0, out var first);
        index.Place(new(), 0, out var second);

        Assert.Equal(first.Score, second.Score);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(double.NaN, 32)]
    [InlineData(32, double.NaN)]
    public void Place_MemoryThatMakesNoPercentage_ScoreIsANumber(double total, double used)
    {
        var index = IndexOf(new TierSpec { Name = "lite" });
        index.Upsert(Hosts.Create("a", new LoadReport { MemoryTotalGb = total, MemoryUsedGb = used }), 0);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var placement));
        Assert.InRange(placement.Score, 0, 100);
    }

    [Fact]
    public void Place_ReportWithManyCores_DecidesAtOnce()
    {
        const int Cores = 100_000;
        var index = IndexOf(new TierSpec { Name = "lite", Vcpu = 2 });
        ImmutableArray<double> cores = [.. Enumerable.Range(0, Cores).Select(i => (double)(i % 100))];
        index.Upsert(Hosts.Create("a", Hosts.Load(cores)), 0);
        index.Place(new(), 0, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var routed = 0;
        for (var i = 0; i < 1000; i++)
        {
            routed += index.Choose(new(), 0, out var choice) == RouteOutcome.Routed && choice.Score == 0 ? 1 : 0;
        }

        // A decision that looked at the cores would have to copy them in order to sort them.
        Assert.Equal((1000, 0), (routed, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    private static PlacementIndex IndexOf(params ImmutableArray<TierSpec> tiers) => new(tiers, TimeSpan.FromMinutes(2));
}
