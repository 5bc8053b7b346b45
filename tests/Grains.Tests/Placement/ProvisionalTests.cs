using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Granted = Opsen.Grains.Placement.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>A session moves, and until that is settled nobody else gets what either of its reservations holds.</summary>
public sealed class ProvisionalTests
{
    private const long TimeoutMs = 120_000;

    private static readonly ImmutableArray<TierSpec> Tiers = [new() { Name = "whole", Vcpu = 8, MemoryGb = 32, StorageGb = 100 }];

    private readonly PlacementIndex _index = new(Tiers, TimeSpan.FromMilliseconds(TimeoutMs));
    private readonly Granted _first;

    public ProvisionalTests()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { StickyId = "s" }, 0, out _first));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Settle_MoveToAnotherHost_LeavesOneOfTheTwo(bool isMoved)
    {
        _index.Upsert(Hosts.Create("b"), 0);
        var second = Move(excluded: "a");
        Assert.Equal(("b", 2), (second.Host.ClientId, _index.ReservationCount));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), 0, out _));

        var (ended, kept) = isMoved ? (_first, second) : (second, _first);
        _index.Settle(ended.ReservationId, kept.ReservationId, 0);

        AssertHas(kept);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new(), 0, out var other));
        Assert.Equal(ended.Host.ClientId, other.Host.ClientId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Settle_AnewOnTheSameHost_HoldsItsRoomOnce(bool isMoved)
    {
        var second = Move();
        Assert.Equal(("a", 2), (second.Host.ClientId, _index.ReservationCount));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), 0, out _));

        var (ended, kept) = isMoved ? (_first, second) : (second, _first);
        _index.Settle(ended.ReservationId, kept.ReservationId, 0);

        AssertHas(kept);
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), 0, out _));
        Assert.True(_index.Release(kept.ReservationId, 0));
        Assert.Equal(RouteOutcome.Routed, _index.Place(new(), 0, out _));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), 0, out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a")]
    public void Expire_NeverSettled_BothEndByThemselvesAndNothingIsLost(string? excluded)
    {
        _index.Upsert(Hosts.Create("b"), 0);
        Move(excluded);

        _index.Expire(TimeoutMs);

        Assert.Equal(0, _index.ReservationCount);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new(), TimeoutMs, out _));
        Assert.Equal(RouteOutcome.Routed, _index.Place(new(), TimeoutMs, out _));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), TimeoutMs, out _));
    }

    [Fact]
    public void Remove_HostOfTheOneThatIsSetAside_LeavesTheOther()
    {
        _index.Upsert(Hosts.Create("b"), 0);
        var second = Move(excluded: "a");

        _index.Remove("a");
        _index.Settle(_first.ReservationId, second.ReservationId, 0);

        AssertHas(second);
    }

    private Granted Move(string? excluded = null)
    {
        var query = new PlacementQuery
        {
            StickyId = "s",
            Replaces = _first.ReservationId,
            IsProvisional = true,
            Preferred = excluded is null ? ["a"] : [],
            Excluded = excluded is null ? [] : [excluded],
        };
        Assert.Equal(RouteOutcome.Routed, _index.Place(query, 0, out var placement));
        Assert.False(placement.IsExisting);
        return placement;
    }

    private void AssertHas(Granted kept)
    {
        Assert.Equal(1, _index.ReservationCount);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { StickyId = "s" }, 0, out var again));
        Assert.Equal((kept.ReservationId, true), (again.ReservationId, again.IsExisting));
    }
}
