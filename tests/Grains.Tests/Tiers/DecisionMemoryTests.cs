using Opsen.Grains.Interfaces.Tiers;
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
            memory.Add(id, new(default, $"host of {id}", default));
        }

        Assert.All(ids.Take(10), id => Assert.False(memory.TryGet(id, out _)));
        Assert.All(ids.Skip(10), id =>
        {
            Assert.True(memory.TryGet(id, out var entry));
            Assert.Equal($"host of {id}", entry.ClientId);
        });
    }

    [Fact]
    public void Explain_MoreHostsThanItHolds_DropsTheOldestExplanationsAndKeepsTheDecisions()
    {
        const int hosts = 1_000;
        var memory = new DecisionMemory();
        var explanation = new PlacementExplanation(
            RouteOutcome.Routed, "a", false, [.. Enumerable.Range(0, hosts).Select(i => new HostExplanation($"{i}", RefusalReason.None, null, null))]);
        var ids = Enumerable.Range(0, DecisionMemory.Capacity + 10).Select(_ => Guid.NewGuid()).ToList();

        foreach (var id in ids)
        {
            memory.Add(id, new(default, "a", default));
            memory.Explain(id, explanation);
        }

        var kept = ids.Skip(10).Select(id => memory.TryGet(id, out var entry) ? entry : throw new InvalidOperationException("forgotten")).ToList();
        Assert.Equal(DecisionMemory.MaxExplainedHosts / hosts, kept.Count(entry => entry.Explanation is not null));
        Assert.All(kept.TakeLast(DecisionMemory.MaxExplainedHosts / hosts), entry => Assert.Same(explanation, entry.Explanation));
    }

    [Fact]
    public void Explain_LargerThanAllThatItHolds_IsNotKept()
    {
        var memory = new DecisionMemory();
        var id = Guid.NewGuid();
        memory.Add(id, new(default, "a", default));
        var one = new HostExplanation("a", RefusalReason.None, null, null);

        memory.Explain(id, new(RouteOutcome.Routed, "a", false, [.. Enumerable.Repeat(one, DecisionMemory.MaxExplainedHosts + 1)]));

        Assert.True(memory.TryGet(id, out var entry));
        Assert.Null(entry.Explanation);
    }
}
