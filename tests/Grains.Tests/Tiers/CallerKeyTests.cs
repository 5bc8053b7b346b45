using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Tiers;

/// <summary>To the index a caller's key is a session of its own: one reservation, found again as long as it lives.</summary>
public sealed class CallerKeyTests
{
    [Fact]
    public void IsKey_SessionsAndKeys_AreToldApart()
    {
        Assert.True(CallerKeys.IsKey(CallerKeys.Format([1, 2])));
        Assert.NotEqual(CallerKeys.Format([1, 2]), CallerKeys.Format([1, 3]));
        Assert.All((string?[])["alice", "", null, "0102"], static session => Assert.False(CallerKeys.IsKey(session)));
    }

    [Fact]
    public void FindTierOf_ReservationComesAndGoes_IsItsTier()
    {
        var index = new PlacementIndex([new() { Name = "a" }, new() { Name = "b" }], TimeSpan.FromSeconds(10));
        index.Upsert(Placement.Hosts.Create("host"), 0);
        var key = CallerKeys.Format([1]);
        Assert.Equal(-1, index.FindTierOf(key, 0));

        index.Place(new() { Tier = 1, StickyId = key }, 0, out var placed);
        Assert.Equal((1, placed.ReservationId), (index.FindTierOf(key, 0), index.FindReservation(key, 1, 0)));
        Assert.Null(index.FindReservation(key, 0, 0));

        Assert.Equal(-1, index.FindTierOf(key, 10_000));
    }
}
