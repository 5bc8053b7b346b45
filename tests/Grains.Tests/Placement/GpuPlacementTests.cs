using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class GpuPlacementTests
{
    [Fact]
    public void Place_VramSpreadOverCards_DoesNotServeOneBigCard()
    {
        var index = IndexOf(gpu: 1, vram: 16, [Hosts.Gpu(0, 5), Hosts.Gpu(1, 5), Hosts.Gpu(2, 5), Hosts.Gpu(3, 5)]);

        Assert.Equal(RouteOutcome.NoCapacity, index.Place(new(), 0, out _));

        var shortage = Assert.Single(index.Capture(new(), 0).Explain().Hosts).Shortage;
        Assert.Equal(("GB of VRAM", 16, 5), (shortage?.Unit, shortage?.Needed, shortage?.Available));
        Assert.Equal([0, 1, 2, 3], shortage?.Cards.Select(card => card.DeviceId));
    }

    [Fact]
    public void Place_SeveralCards_HoldsThoseWithMostFreeVram()
    {
        var index = IndexOf(gpu: 2, vram: 30, [Hosts.Gpu(4, 10), Hosts.Gpu(7, 20), Hosts.Gpu(2, 20), Hosts.Gpu(9, 25)]);

        index.Place(new(), 0, out var first);
        var second = index.Place(new(), 0, out var placement);

        Assert.Equal([9, 2], first.GpuIds);
        Assert.Equal(RouteOutcome.Routed, second);
        Assert.Equal([7, 4], placement.GpuIds);
        var shortage = Assert.Single(index.Capture(new(), 0).Explain().Hosts).Shortage;
        Assert.Equal(("cards", 2, 0), (shortage?.Unit, shortage?.Needed, shortage?.Available));
        Assert.All(shortage!.Cards, card => Assert.True(card.IsHeld));
    }

    [Fact]
    public void Release_CardsOfReservation_AreFreeAgain()
    {
        var index = IndexOf(gpu: 1, vram: 16, [Hosts.Gpu(3, 40)]);
        index.Place(new(), 0, out var first);
        Assert.Equal(RouteOutcome.NoCapacity, index.Place(new(), 0, out _));

        index.Release(first.ReservationId, 0);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var second));
        Assert.Equal([3], second.GpuIds);
    }

    [Fact]
    public void Place_CardsOnlyRegistered_ServeTiersWithoutVramOnly()
    {
        ImmutableArray<TierSpec> tiers = [new() { Name = "any", Gpu = 1 }, new() { Name = "vram", Gpu = 1, GpuMemoryGb = 1 }];
        var index = new PlacementIndex(tiers, TimeSpan.FromMinutes(2));
        index.Upsert(Hosts.Create("a", totalGpus: 2), 0);

        Assert.Equal(RouteOutcome.NoCapacity, index.Place(new() { Tier = 1 }, 0, out _));
        index.Place(new(), 0, out var first);
        index.Place(new(), 0, out var second);
        Assert.Equal([0], first.GpuIds);
        Assert.Equal([1], second.GpuIds);
        Assert.Equal(RouteOutcome.NoCapacity, index.Place(new(), 0, out _));
    }

    [Fact]
    public void Upsert_CardMissingFromOneReport_IsStillHeldWhenItComesBack()
    {
        var host = Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, 40), Hosts.Gpu(1, 20)]));
        var index = IndexOf(gpu: 1, vram: 16, host.Load!.Gpus);
        index.Place(new(), 0, out var first);
        Assert.Equal([0], first.GpuIds);

        index.Upsert(host.Next(Hosts.Load(gpus: [Hosts.Gpu(1, 20)])), 0);
        index.Upsert(host.Next(host.Load), 0);
        index.Place(new(), 0, out var second);

        Assert.Equal([1], second.GpuIds);
    }

    [Fact]
    public void Upsert_RegistrationClaimsAbsurdNumberOfCards_IsBounded()
    {
        var index = IndexOf(gpu: 1, vram: 0, [], totalGpus: int.MaxValue);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out _));
    }

    private static PlacementIndex IndexOf(int gpu, double vram, ImmutableArray<GpuLoad> cards, int totalGpus = 0)
    {
        var index = new PlacementIndex([new() { Name = "gpu", Gpu = gpu, GpuMemoryGb = vram }], TimeSpan.FromMinutes(2));
        index.Upsert(Hosts.Create("a", Hosts.Load(gpus: cards), totalGpus: totalGpus), 0);
        return index;
    }
}
