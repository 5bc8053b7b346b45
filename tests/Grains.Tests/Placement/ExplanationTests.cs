using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class ExplanationTests
{
    private static readonly ImmutableArray<TierSpec> Tiers =
        [new() { Name = "pro", Vcpu = 2, MemoryGb = 4, StorageGb = 20 }, new() { Name = "gpu", Vcpu = 1, Gpu = 1, GpuMemoryGb = 8 }];

    private readonly PlacementIndex _index = new(Tiers, TimeSpan.FromMinutes(2));

    [Fact]
    public void Explain_MixedHosts_ListsCandidatesByScoreThenRefusals()
    {
        _index.Upsert(Hosts.Create("second", Hosts.Load([10, 20, 90], memoryFree: 24)) with { LatencyMs = 2 }, 0);
        _index.Upsert(Hosts.Create("first", Hosts.Load([10, 20, 90])), 0);
        _index.Upsert(Hosts.Create("cpu", Hosts.Load([10, 95])), 0);
        _index.Upsert(Hosts.Create("memory", Hosts.Load(memoryFree: 3)), 0);
        _index.Upsert(Hosts.Create("stale") with { IsActive = false }, 0);
        _index.Upsert(Hosts.Create("barred"), 0);

        var explanation = _index.Capture(new() { Excluded = ["barred"] }, 0).Explain();

        Assert.Equal((RouteOutcome.Routed, "first", false), (explanation.Outcome, explanation.ClientId, explanation.IsExisting));
        Assert.Equal(["first", "second", "stale", "cpu", "memory", "barred"], explanation.Hosts.Select(host => host.ClientId));
        Assert.Equal(new ScoreTerms(0, 15, 25, 0, 2, 0), explanation.Hosts[1].Score);
        Assert.Equal(("cores", 2, 1), Measures(explanation.Hosts[3]));
        Assert.Equal(("GB", 4, 3), Measures(explanation.Hosts[4]));
        Assert.Null(explanation.Hosts[2].Shortage);
        Assert.Equal(RefusalReason.Excluded, explanation.Hosts[5].Refusal);
    }

    [Fact]
    public void Explain_ReservationsOnHost_CountAsUsed()
    {
        _index.Upsert(Hosts.Create("a", Hosts.Load(diskFree: 50)), 0);
        _index.Place(new(), 0, out _);
        _index.Place(new(), 0, out _);

        var explanation = _index.Capture(new(), 0).Explain();

        Assert.Equal((RouteOutcome.NoCapacity, null), (explanation.Outcome, explanation.ClientId));
        Assert.Equal(("GB", 20, 10), Measures(explanation.Hosts[0]));
    }

    [Fact]
    public void Explain_SessionThatStays_SaysThatItHadTheHost()
    {
        _index.Upsert(Hosts.Create("a", place: new(10, 10)), 0);
        _index.Place(new() { StickyId = "s" }, 0, out _);
        _index.Upsert(Hosts.Create("b"), 0);

        var explanation = _index.Capture(new() { StickyId = "s", Place = new GeoPoint(10, 11) }, 0).Explain();

        Assert.Equal(("a", true), (explanation.ClientId, explanation.IsExisting));
        Assert.Equal(["b", "a"], explanation.Hosts.Select(host => host.ClientId));
        Assert.Equal(1, _index.ReservationCount);
    }

    [Fact]
    public void Explain_GpuTier_WeighsUtilization()
    {
        _index.Upsert(Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, 8, utilization: 40)])), 0);

        Assert.Equal(60, Assert.Single(_index.Capture(new() { Tier = 1 }, 0).Explain().Hosts).Score?.WeightedGpuPct);
    }

    private static (string? Unit, double? Needed, double? Available) Measures(HostExplanation host) =>
        (host.Shortage?.Unit, host.Shortage?.Needed, host.Shortage?.Available);
}
