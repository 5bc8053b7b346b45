using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class RoomCountTests
{
    private const int Trials = 2000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CountRoom_RandomHostsWithReservations_IsWhatCanReallyBePlaced(bool isProjected)
    {
        for (var seed = 0; seed < Trials; seed++)
        {
            var random = new Random(seed);
            var index = new PlacementIndex(RandomHosts.Tiers, TimeSpan.FromMinutes(2), projectedWindow: isProjected ? TimeSpan.FromMinutes(15) : null);
            index.Upsert(RandomHosts.Host(random, "host", 1), 0);
            for (var i = random.Next(4); i > 0; i--)
            {
                index.Place(new PlacementQuery { Tier = random.Next(1, RandomHosts.Tiers.Length) }, 0, out _);
            }

            // The first tier needs nothing, so there is no end to it.
            var tier = random.Next(1, RandomHosts.Tiers.Length);
            var room = Assert.Single(index.CountRoom(0));

            var placed = 0;
            while (index.Place(new PlacementQuery { Tier = tier }, 0, out _) == RouteOutcome.Routed)
            {
                placed++;
            }

            Assert.Equal(placed, room.Sessions[tier]);
            Assert.Equal(placed > 0, room.Refusals[tier] == RefusalReason.None);
        }
    }

    [Fact]
    public void CountRoom_TierThatNeedsNothing_HasABound()
    {
        var index = new PlacementIndex(RandomHosts.Tiers, TimeSpan.FromMinutes(2));
        index.Upsert(Hosts.Create("host", RandomHosts.Load(new Random(1)), default, 1, 0), 0);

        Assert.Equal(RoomCount.Max, index.CountRoom(0)[0].Sessions[0]);
    }

    [Fact]
    public void ReservationsByTier_GrantedEndedAndExpired_AreCounted()
    {
        var index = new PlacementIndex(RandomHosts.Tiers, TimeSpan.FromMinutes(2));
        index.Upsert(Hosts.Create("host", RandomHosts.Load(new Random(1)), default, 1, 0), 0);
        index.Place(new PlacementQuery { Tier = 0 }, 0, out var first);
        index.Place(new PlacementQuery { Tier = 0 }, 60_000, out _);
        Assert.Equal(2, index.ReservationsByTier[0]);

        index.Release(first.ReservationId, 60_000);
        Assert.Equal(1, index.ReservationsByTier[0]);

        index.Expire(180_000);
        Assert.All(index.ReservationsByTier, static count => Assert.Equal(0, count));
    }
}
