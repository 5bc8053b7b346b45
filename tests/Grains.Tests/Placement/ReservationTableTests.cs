using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class ReservationTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AddAndRemove_AtRandomThroughGrowthAndShrinking_FindsExactlyWhatIsThere(int seed)
    {
        var random = new Random(seed);
        var table = new ReservationTable<(string StickyId, int Tier), BySession>();
        var tiers = Enumerable.Range(0, 3).Select(static number => new ReservedTier($"t{number}", number, default)).ToList();
        var model = new Dictionary<(string StickyId, int Tier), Reservation>();
        var present = new List<Reservation>();
        for (var step = 0; step < 60_000; step++)
        {
            // Thousands come, nearly all of them go, and so on.
            var isGrowing = step / 10_000 % 2 == 0;
            var key = (StickyId: $"s{random.Next(20_000)}", Tier: random.Next(3));
            if (random.Next(10) < (isGrowing ? 9 : 1))
            {
                if (model.ContainsKey(key))
                {
                    continue;
                }

                var added = new Reservation { StickyId = key.StickyId, Tier = tiers[key.Tier] };
                table.Add(added);
                model.Add(key, added);
                present.Add(added);
            }
            else if (present.Count > 0)
            {
                var index = random.Next(present.Count);
                var removed = present[index];
                present[index] = present[^1];
                present.RemoveAt(present.Count - 1);
                table.Remove(removed);
                model.Remove((removed.StickyId!, removed.Tier.Number));
                Assert.Null(table.Find((removed.StickyId!, removed.Tier.Number)));
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Same(model.GetValueOrDefault(key), table.Find(key));
        }

        Assert.All(present, reservation => Assert.Same(reservation, table.Find((reservation.StickyId!, reservation.Tier.Number))));
    }

    [Fact]
    public void Remove_EverythingAfterMany_LeavesAnEmptyTableThatWorks()
    {
        var table = new ReservationTable<Guid, ById>();
        var all = Enumerable.Range(0, 5000).Select(_ => new Reservation { Id = Guid.NewGuid() }).ToList();
        all.ForEach(table.Add);
        all.ForEach(table.Remove);

        Assert.Equal(0, table.Count);
        Assert.All(all, reservation => Assert.Null(table.Find(reservation.Id)));
        table.Add(all[0]);
        Assert.Same(all[0], table.Find(all[0].Id));
    }
}
