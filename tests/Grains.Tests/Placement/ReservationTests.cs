using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class ReservationTests
{
    private const long TimeoutMs = 120_000;

    private static readonly ImmutableArray<TierSpec> Tiers =
        [new() { Name = "lite", Vcpu = 1, MemoryGb = 1, StorageGb = 5 }, new() { Name = "whole", Vcpu = 8, MemoryGb = 32, StorageGb = 100 }];

    private readonly PlacementIndex _index = new(Tiers, TimeSpan.FromMilliseconds(TimeoutMs));

    [Fact]
    public void Place_UntilFull_GrantsExactlyWhatFits()
    {
        _index.Upsert(Hosts.Create("a"), 0);

        var granted = Enumerable.Range(0, 20).Count(_ => _index.Place(new(), 0, out var _) == RouteOutcome.Routed);

        Assert.Equal((8, 8), (granted, _index.ReservationCount));
    }

    [Fact]
    public void Place_EqualIdleHosts_SpreadsOverThem()
    {
        for (var i = 0; i < 4; i++)
        {
            _index.Upsert(Hosts.Create($"host-{i}"), 0);
        }

        var hosts = Enumerable.Range(0, 8).Select(_ => { _index.Place(new(), 0, out var placement); return placement.Host.ClientId; }).ToList();

        Assert.All(hosts.CountBy(host => host), count => Assert.Equal(2, count.Value));
    }

    [Fact]
    public void Expire_TimeIsOver_ReservationsEndToTheMillisecond()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1 }, 10, out var placement);

        Assert.Equal(RouteOutcome.NoCapacity, _index.Choose(new(), 10 + TimeoutMs - 1, out _));
        Assert.Equal(RouteOutcome.Routed, _index.Choose(new(), 10 + TimeoutMs, out _));
        Assert.False(_index.Release(placement.ReservationId, 10 + TimeoutMs));
        Assert.Equal(0, _index.ReservationCount);
    }

    [Fact]
    public void Renew_LiveReservation_StartsItsTimeAnew()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1 }, 0, out var placement);

        Assert.True(_index.Renew(placement.ReservationId, TimeoutMs - 1));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Choose(new(), (2 * TimeoutMs) - 2, out _));
        Assert.False(_index.Renew(placement.ReservationId, (2 * TimeoutMs) - 1));
    }

    [Fact]
    public void Expire_ClockStepsBack_NothingIsKeptLonger()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1 }, 1000, out _);
        _index.Expire(500);
        _index.Place(new(), 500, out _);

        Assert.Equal(RouteOutcome.Routed, _index.Choose(new() { Tier = 1 }, 1000 + TimeoutMs, out _));
    }

    [Fact]
    public void Release_Twice_SecondFindsNothing()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new(), 0, out var placement);

        Assert.True(_index.Release(placement.ReservationId, 0));
        Assert.False(_index.Release(placement.ReservationId, 0));
        Assert.Equal(RouteOutcome.Routed, _index.Choose(new() { Tier = 1 }, 0, out _));
    }

    [Fact]
    public void Place_SessionFillsItsHost_KeepsItOnTheNextRequest()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out var first);

        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { Tier = 1, StickyId = "s" }, TimeoutMs - 1, out var second));
        Assert.Equal((first.ReservationId, true), (second.ReservationId, second.IsExisting));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new() { Tier = 1, StickyId = "other" }, 0, out _));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new() { Tier = 0, StickyId = "s" }, 0, out _));
    }

    [Fact]
    public void Place_SessionsHostMayNotKeepIt_MovesAndFreesTheOldHost()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out var first);
        _index.Upsert(Hosts.Create("b"), 0);
        _index.Upsert(Hosts.Create("a") with { Health = HealthStatus.Unhealthy }, 0);

        _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out var second);
        _index.Upsert(Hosts.Create("a"), 0);

        Assert.Equal(("b", false), (second.Host.ClientId, second.IsExisting));
        Assert.False(_index.Release(first.ReservationId, 0));
        _index.Place(new() { Tier = 1 }, 0, out var other);
        Assert.Equal("a", other.Host.ClientId);
    }

    [Fact]
    public void Place_SessionMustMoveButNothingFits_KeepsItsReservation()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out var first);

        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new() { Tier = 1, StickyId = "s", Excluded = ["a"] }, 0, out _));
        Assert.True(_index.Release(first.ReservationId, 0));
    }

    [Fact]
    public void Place_ReplacesOwnReservation_MayGetTheSameHostAnew()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out var first);

        _index.Place(new() { Tier = 1, StickyId = "s", Replaces = first.ReservationId }, 0, out var second);

        Assert.Equal(("a", false), (second.Host.ClientId, second.IsExisting));
        Assert.NotEqual(first.ReservationId, second.ReservationId);
        Assert.Equal(1, _index.ReservationCount);
    }

    [Fact]
    public void Place_DrainingHost_KeepsItsSessionsUntilDrained()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { StickyId = "s" }, 0, out _);

        _index.Upsert(Hosts.Create("a") with { Lifecycle = Lifecycle.Draining }, 0);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { StickyId = "s" }, 0, out _));
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new() { StickyId = "new" }, 0, out _));

        _index.Upsert(Hosts.Create("a") with { Lifecycle = Lifecycle.Drained }, 0);
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new() { StickyId = "s" }, 0, out _));
    }

    [Fact]
    public void Place_PreferredHostThatFits_WinsOverBetterScore()
    {
        _index.Upsert(Hosts.Create("best"), 0);
        _index.Upsert(Hosts.Create("worse", Hosts.Load([70, 70, 70])), 0);
        _index.Upsert(Hosts.Create("full", Hosts.Load([90])), 0);

        _index.Place(new() { Preferred = ["gone", "full", "worse", "best"] }, 0, out var placement);

        Assert.Equal("worse", placement.Host.ClientId);
    }

    [Fact]
    public void Remove_HostWithReservations_TakesThemAlong()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { StickyId = "s" }, 0, out var placement);

        Assert.True(_index.Remove("a"));
        Assert.False(_index.Remove("a"));
        Assert.Equal((0, 0), (_index.ReservationCount, _index.HostCount));
        Assert.False(_index.Release(placement.ReservationId, 0));
        _index.Upsert(Hosts.Create("a"), 0);
        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { Tier = 1, StickyId = "s" }, 0, out _));
    }

    [Fact]
    public void RestoreReservation_IntoNewIndex_HoldsTheSameForTheRestOfItsTime()
    {
        _index.Upsert(Hosts.Create("a"), 0);
        _index.Place(new() { Tier = 1, StickyId = "s" }, 1000, out var placement);
        var records = _index.ExportReservations(2000);
        var restored = new PlacementIndex(Tiers, TimeSpan.FromMilliseconds(TimeoutMs));
        restored.Upsert(Hosts.Create("a"), 0);

        Assert.True(restored.RestoreReservation(Assert.Single(records), 0));

        Assert.False(restored.RestoreReservation(records[0], 0));
        Assert.False(restored.RestoreReservation(records[0] with { Id = Guid.NewGuid(), ClientId = "b" }, 0));
        Assert.False(restored.RestoreReservation(records[0] with { Id = Guid.NewGuid(), Tier = "gone", Need = null, StickyId = null }, 0));
        Assert.False(restored.RestoreReservation(records[0] with { Id = Guid.NewGuid(), Remaining = TimeSpan.Zero, StickyId = null }, 0));
        restored.Place(new() { Tier = 1, StickyId = "s" }, 0, out var again);
        Assert.Equal((placement.ReservationId, true), (again.ReservationId, again.IsExisting));
        Assert.Equal(RouteOutcome.NoCapacity, restored.Choose(new(), TimeoutMs - 1001, out _));
        Assert.Equal(RouteOutcome.Routed, restored.Choose(new(), TimeoutMs - 1000, out _));
    }

    [Fact]
    public void RestoreReservation_InAnyOrder_EachEndsAtItsOwnTime()
    {
        const int Count = 6;
        _index.Upsert(Hosts.Create("a"), 0);
        for (var i = 0; i < Count; i++)
        {
            _index.Place(new(), i * 100, out _);
        }

        var records = _index.ExportReservations(Count * 100).OrderBy(record => record.Remaining).ToList();
        _index.ReleaseAll(Count * 100);
        foreach (var i in (int[])[3, 0, 5, 1, 4, 2])
        {
            Assert.True(_index.RestoreReservation(records[i], Count * 100));
        }

        Assert.True(_index.Renew(records[0].Id, Count * 100));
        Assert.True(_index.Release(records[2].Id, Count * 100));

        int[] expected = [5, 4, 4, 3, 2, 1];
        var left = Enumerable.Range(0, Count).Select(i => { _index.Expire(TimeoutMs + (i * 100)); return _index.ReservationCount; });
        Assert.Equal(expected, left);
    }

    [Fact]
    public void ReservationIds_ManyGrants_AreDistinctVersion4()
    {
        var ids = new ReservationIds();

        var made = Enumerable.Range(0, 10_000).Select(_ => ids.Next()).ToHashSet();

        Assert.Equal(10_000, made.Count);
        Assert.All(made, id => Assert.Equal((4, 0x8), (id.Version, id.Variant & 0xC)));
    }

    [Fact]
    public void Place_SteadyState_AllocatesNothing()
    {
        for (var i = 0; i < 200; i++)
        {
            _index.Upsert(Hosts.Create($"host-{i}", place: new(i / 3d, i)), 0);
        }

        PlaceAndRelease();
        var before = GC.GetAllocatedBytesForCurrentThread();
        PlaceAndRelease();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void PlaceAndRelease()
        {
            for (var i = 0; i < 1000; i++)
            {
                _index.Place(new() { Place = new(i / 20d, i / 9d), StickyId = (i & 1) == 0 ? "session" : null }, i, out var placement);
                _index.Release(placement.ReservationId, i);
            }
        }
    }
}
