using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class OverloadTests
{
    private static readonly ImmutableArray<TierSpec> Tiers =
        [new() { Name = "half", MemoryGb = 16 }, new() { Name = "whole", MemoryGb = 32 }, new() { Name = "gpu", Gpu = 1, GpuMemoryGb = 20 }];

    private readonly PlacementIndex _index = new(Tiers, TimeSpan.FromMinutes(2));
    private HostSnapshot _host = Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, 40)]));

    public OverloadTests() => _index.Upsert(_host, 0);

    [Fact]
    public void HasRoomFor_OwnReservationFillsHost_StaysForGood()
    {
        _index.Place(new() { Tier = 1 }, 0, out var placement);

        Report(memoryFree: 32);
        Report(memoryFree: 32);
        Report(memoryFree: 32);

        Assert.True(_index.HasRoomFor("a", 1, placement.ReservationId, 0));
        Assert.False(_index.HasRoomFor("a", 1, Guid.Empty, 0));
        Assert.Equal(0b011UL, _index.OverloadedTiers("a"));
    }

    [Fact]
    public void HasRoomFor_TwoReportsInARowWithoutRoom_MustMove()
    {
        _index.Place(new() { Tier = 0 }, 0, out var placement);

        Report(memoryFree: 10);
        Assert.True(_index.HasRoomFor("a", 0, placement.ReservationId, 0));
        Report(memoryFree: 10);

        Assert.False(_index.HasRoomFor("a", 0, placement.ReservationId, 0));
    }

    [Fact]
    public void HasRoomFor_RoomInBetween_CountsAnew()
    {
        _index.Place(new() { Tier = 0 }, 0, out var placement);

        Report(memoryFree: 10);
        Report(memoryFree: 20);
        Report(memoryFree: 10);

        Assert.True(_index.HasRoomFor("a", 0, placement.ReservationId, 0));
        Assert.Equal(0b011UL, _index.OverloadedTiers("a"));
    }

    [Fact]
    public void HasRoomFor_SameReportSeenTwice_CountsOnce()
    {
        _index.Place(new() { Tier = 0 }, 0, out var placement);

        Report(memoryFree: 10);
        _index.Upsert(_host with { LatencyMs = 5 }, 0);

        Assert.True(_index.HasRoomFor("a", 0, placement.ReservationId, 0));
    }

    [Fact]
    public void HasRoomFor_OthersTakeTheRoom_MustMove()
    {
        _index.Place(new() { Tier = 0 }, 0, out var own);
        _index.Place(new() { Tier = 0 }, 0, out _);

        Report(memoryFree: 30);
        Report(memoryFree: 30);

        Assert.False(_index.HasRoomFor("a", 0, own.ReservationId, 0));
    }

    [Fact]
    public void HasRoomFor_SessionPlacedBetweenReports_CountsItsOwnOnly()
    {
        Report(memoryFree: 0);
        _host = _host with { Load = Hosts.Load(memoryFree: 32) };
        _index.Upsert(_host, 0);
        _index.Place(new() { Tier = 0 }, 0, out var placement);

        Report(memoryFree: 0);

        Assert.False(_index.HasRoomFor("a", 0, Guid.Empty, 0));
        Assert.True(_index.HasRoomFor("a", 0, placement.ReservationId, 0));
    }

    [Fact]
    public void HasRoomFor_OwnCardHoldsTheVram_Stays()
    {
        _index.Place(new() { Tier = 2 }, 0, out var placement);

        Report(memoryFree: 32, vramFree: 30);
        Report(memoryFree: 32, vramFree: 30);
        Assert.True(_index.HasRoomFor("a", 2, placement.ReservationId, 0));
        Report(memoryFree: 32, vramFree: 10);
        Report(memoryFree: 32, vramFree: 10);
        Assert.False(_index.HasRoomFor("a", 2, placement.ReservationId, 0));
    }

    [Fact]
    public void HasRoomFor_HostThatDrains_IsNotJudgedByState()
    {
        _host = _host with { Lifecycle = Lifecycle.Draining, IsActive = false };
        Report(memoryFree: 32);
        Report(memoryFree: 32);

        Assert.True(_index.HasRoomFor("a", 1, Guid.Empty, 0));
    }

    [Fact]
    public void HasRoomFor_HostThatIsGone_HasNone()
    {
        _index.Remove("a");

        Assert.False(_index.HasRoomFor("a", 0, Guid.Empty, 0));
        Assert.Equal(0UL, _index.OverloadedTiers("a"));
    }

    private void Report(double memoryFree, double vramFree = 40)
    {
        _host = _host.Next(Hosts.Load(memoryFree: memoryFree, gpus: [Hosts.Gpu(0, vramFree)]));
        _index.Upsert(_host, 0);
    }
}
