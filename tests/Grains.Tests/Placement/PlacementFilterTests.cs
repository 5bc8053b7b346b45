using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>Which filter refuses a host, worked out by hand.</summary>
public sealed class PlacementFilterTests
{
    private static readonly TierSpec Pro = new() { Name = "pro", Vcpu = 2, MemoryGb = 4, StorageGb = 20 };

    public static TheoryData<double[], double, double, RefusalReason> Loads => new()
    {
        // cores, memory free, disk free, refusal of a tier with 2 vCPU, 4 GB and 20 GB of disk
        { [0, 0], 4, 20, RefusalReason.None },
        { [79.999, 79.999, 100], 4, 20, RefusalReason.None },
        { [80, 0], 4, 20, RefusalReason.Cpu },
        { [0], 4, 20, RefusalReason.Cpu },
        { [], 4, 20, RefusalReason.Cpu },
        { [double.NaN, 0], 4, 20, RefusalReason.Cpu },
        { [0, 0], 3.99, 20, RefusalReason.Memory },
        { [0, 0], 4, 19.99, RefusalReason.Disk },
        { [100, 100], 0, 0, RefusalReason.Cpu },
        { [0, 0], 0, 0, RefusalReason.Memory },
    };

    public static TheoryData<bool, HealthStatus, Lifecycle, bool, RefusalReason> States => new()
    {
        // active, health, lifecycle, has reported, refusal
        { true, HealthStatus.Unknown, Lifecycle.InService, true, RefusalReason.None },
        { true, HealthStatus.Healthy, Lifecycle.InService, true, RefusalReason.None },
        { true, HealthStatus.Healthy, Lifecycle.InService, false, RefusalReason.NoReport },
        { true, HealthStatus.Healthy, Lifecycle.Draining, false, RefusalReason.Draining },
        { true, HealthStatus.Healthy, Lifecycle.Drained, true, RefusalReason.Draining },
        { true, HealthStatus.Unhealthy, Lifecycle.Draining, true, RefusalReason.Unhealthy },
        { false, HealthStatus.Unhealthy, Lifecycle.Draining, false, RefusalReason.Stale },
    };

    [Theory]
    [MemberData(nameof(Loads))]
    public void Place_Load_IsRefusedByFirstFilter(double[] cores, double memoryFree, double diskFree, RefusalReason refusal)
    {
        var index = IndexOf(Pro);
        index.Upsert(Hosts.Create("a", Hosts.Load([.. cores], memoryFree, diskFree)), 0);

        AssertRefusal(refusal, index);
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Place_State_IsRefusedByFirstFilter(bool isActive, HealthStatus health, Lifecycle lifecycle, bool hasReported, RefusalReason refusal)
    {
        var index = IndexOf(Pro);
        var host = Hosts.Create("a") with { IsActive = isActive, Health = health, Lifecycle = lifecycle };
        index.Upsert(hasReported ? host : host with { Load = null }, 0);

        AssertRefusal(refusal, index);
    }

    [Fact]
    public void Place_StateChanges_HostLeavesAndComesBack()
    {
        var index = IndexOf(Pro);
        var host = Hosts.Create("a");
        foreach (var change in new[] { host with { IsActive = false }, host with { Health = HealthStatus.Unhealthy },
            host with { Lifecycle = Lifecycle.Draining } })
        {
            index.Upsert(change, 0);
            Assert.Equal(RouteOutcome.NoCapacity, index.Choose(new(), 0, out _));
            index.Upsert(host, 0);
            Assert.Equal(RouteOutcome.Routed, index.Choose(new(), 0, out _));
        }
    }

    [Fact]
    public void Place_TierWithoutVcpu_IsServedByHostWithoutFreeCores()
    {
        var index = IndexOf(new TierSpec { Name = "zero", MemoryGb = 1 });
        index.Upsert(Hosts.Create("a", Hosts.Load([100, 100])), 0);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var placement));
        Assert.Equal(100, placement.Score);
    }

    [Fact]
    public void Place_DecimalAmounts_AddUpExactly()
    {
        var index = IndexOf(new TierSpec { Name = "tenth", MemoryGb = 0.1 });
        index.Upsert(Hosts.Create("a", Hosts.Load(memoryFree: 0.3)), 0);

        var outcomes = Enumerable.Range(0, 4).Select(_ => index.Place(new(), 0, out var _)).ToList();

        Assert.Equal([RouteOutcome.Routed, RouteOutcome.Routed, RouteOutcome.Routed, RouteOutcome.NoCapacity], outcomes);
    }

    [Fact]
    public void CountRefusals_ManyHosts_CountsEachOnceByFirstFilter()
    {
        var index = IndexOf(Pro);
        index.Upsert(Hosts.Create("ok"), 0);
        index.Upsert(Hosts.Create("barred"), 0);
        index.Upsert(Hosts.Create("stale") with { IsActive = false }, 0);
        index.Upsert(Hosts.Create("busy", Hosts.Load([90, 90], memoryFree: 0)), 0);
        index.Upsert(Hosts.Create("small", Hosts.Load(diskFree: 1)), 0);
        index.Upsert(Hosts.Create("gone"), 0);
        index.Remove("gone");

        var counts = index.CountRefusals(new() { Excluded = ["barred", "stale", "unknown"] }, 0);

        Assert.Equal([1, 1, 0, 0, 0, 1, 0, 1, 0, 1], counts);
        Assert.Equal([2, 1, 0, 0, 0, 1, 0, 1, 0, 0], index.CountRefusals(new(), 0));
    }

    [Fact]
    public void Place_UnknownTier_SaysSo() =>
        Assert.Equal(RouteOutcome.UnknownTier, IndexOf(Pro).Place(new() { Tier = 1 }, 0, out _));

    private static void AssertRefusal(RefusalReason refusal, PlacementIndex index)
    {
        Assert.Equal(refusal == RefusalReason.None ? RouteOutcome.Routed : RouteOutcome.NoCapacity, index.Choose(new(), 0, out _));
        var explained = Assert.Single(index.Capture(new(), 0).Explain().Hosts);
        Assert.Equal(refusal, explained.Refusal);
        Assert.Equal(1, index.CountRefusals(new(), 0)[(int)refusal]);
    }

    private static PlacementIndex IndexOf(params ImmutableArray<TierSpec> tiers) => new(tiers, TimeSpan.FromMinutes(2));
}
