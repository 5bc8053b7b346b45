using Opsen.Grains.Tiers;

namespace Opsen.Grains.Tests.Tiers;

public sealed class DecisionMemoryTests
{
    [Fact]
    public void Add_MoreThanItHolds_ForgetsTheOldest()
    {
        var memory = new DecisionMemory();
        var ids = Enumerable.Range(0, DecisionMemory.Capacity + 10).Select(_ => Guid.NewGuid()).ToList();

        foreach (var id in ids)
        {
            memory.Add(id, new(default, $"host of {id}", default, null));
        }

        Assert.All(ids.Take(10), id => Assert.False(memory.TryGet(id, out _)));
        Assert.All(ids.Skip(10), id =>
        {
            Assert.True(memory.TryGet(id, out var entry));
            Assert.Equal($"host of {id}", entry.ClientId);
        });
    }
}
