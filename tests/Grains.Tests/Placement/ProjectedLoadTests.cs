using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class ProjectedLoadTests
{
    private const double WindowMs = 60_000;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(WindowMs);
    private static readonly TierSpec Small = new() { Name = "small", Vcpu = 2, MemoryGb = 4 };

    /// <summary>The sums have closed forms; here each part is followed in small steps.</summary>
    [Fact]
    public void UnseenSum_PartsComeAndGo_IsWhatAnAverageThatLagsDoesNotShow()
    {
        const double life = 90_000;
        const double lag = WindowMs / 2;
        const double step = 5;
        var random = new Random(3);
        var sum = default(UnseenSum);
        var (live, seen, parts) = (0d, 0d, new List<(double Amount, long At)>());
        for (var now = 0L; now < 600_000; now += (long)step)
        {
            if (random.Next(2000) == 0)
            {
                var amount = random.NextDouble();
                parts.Add((amount, now));
                sum.Add(amount, now, life, lag);
                live += amount;
            }
            else if (parts.Count > 0 && random.Next(3000) == 0)
            {
                var (amount, at) = parts[0];
                parts.RemoveAt(0);
                sum.Remove(amount, at, now, life, lag);
                live -= amount * Math.Exp((at - now) / life);
            }

            Assert.Equal(live - seen, sum.At(now, life, lag), 0.01);
            (live, seen) = (live - (live * step / life), seen + ((live - seen) * step / lag));
        }

        Assert.True(parts.Count > 10);
    }

    [Fact]
    public void Explain_LoadGrantAndTime_AreTheTermsOfTheFormula()
    {
        var index = new PlacementIndex([Small], TimeSpan.FromMinutes(2), projectedWindow: Window);
        var host = Hosts.Create("a", Hosts.Load([50, 50, 50, 50, 10, 10, 10, 10], memoryFree: 20)) with { LatencyMs = 3 };
        index.Upsert(host, 0);
        AssertTerms(index, 0, Points((2.4 + 0.8) / 8), 30 * 16 / 32d);

        index.Place(new(), 0, out _);
        AssertTerms(index, 0, Points((2.4 + 0.8 + 0.8) / 8), 30 * (16 + 2) / 32d);

        // With too few sessions to learn from, one lives for a window on average, and an average lags by half of it: e^-1 lives, 2 (e^-1 - e^-2) is seen.
        index.Upsert(host.Next(host.Load!), (long)WindowMs);
        var unseen = Math.Exp(-1) - (2 * (Math.Exp(-1) - Math.Exp(-2)));
        AssertTerms(index, (long)WindowMs, Points((2.4 + 0.8 + (0.8 * unseen)) / 8), 30 * (16 + (2 * unseen)) / 32d);
    }

    [Fact]
    public void Explain_ReservationIsReleasedAtOnce_CountsNoLonger()
    {
        var index = new PlacementIndex([Small], TimeSpan.FromMinutes(2), projectedWindow: Window);
        index.Upsert(Hosts.Create("a"), 0);
        var before = Terms(index, 0);
        index.Place(new(), 0, out var placement);
        Assert.NotEqual(before, Terms(index, 0));

        index.Release(placement.ReservationId, 0);

        Assert.Equal(before, Terms(index, 0));
    }

    [Fact]
    public void Place_EqualHostsBetweenReports_TakeTurns()
    {
        var index = IndexOf(Hosts.Create("a"), Hosts.Create("b"), Hosts.Create("c"), Hosts.Create("d"));

        var chosen = Enumerable.Range(0, 8).Select(_ => Place(index, 0)).ToList();

        Assert.All(chosen.CountBy(static id => id), static count => Assert.Equal(2, count.Value));
    }

    [Fact]
    public void Place_MemoryNearlyFull_CostsMoreThanBusyCores()
    {
        var full = Hosts.Create("full", Hosts.Load(memoryFree: 4.1));
        var busy = Hosts.Create("busy", Hosts.Load([60, 60, 60, 60, 60, 60, 60, 60]));

        Assert.Equal("busy", Place(IndexOf(full, busy), 0));
    }

    [Fact]
    public void Place_TierWithoutCards_LeavesHostsThatHaveSomeAlone()
    {
        var cards = Hosts.Create("cards", Hosts.Load(gpus: [Hosts.Gpu(0, 80)]));
        var plain = Hosts.Create("plain", Hosts.Load([30, 30, 30, 30, 30, 30, 30, 30]));

        Assert.Equal("plain", Place(IndexOf(cards, plain), 0));
        Assert.Equal("cards", Place(IndexOf(cards, Hosts.Create("busy", Hosts.Load([75, 75, 75, 75, 75, 75, 75, 75]))), 0));
    }

    [Fact]
    public void Place_CardsThatSuffice_TakesTheLeastUsedWithTheLeastFreeVram()
    {
        TierSpec one = new() { Name = "one", Gpu = 1, GpuMemoryGb = 10 };
        TierSpec two = new() { Name = "two", Gpu = 2, GpuMemoryGb = 50 };
        var index = new PlacementIndex([one, two], TimeSpan.FromMinutes(2), projectedWindow: Window);
        index.Upsert(Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, 80), Hosts.Gpu(1, 12, 5), Hosts.Gpu(2, 11, 50), Hosts.Gpu(3, 9), Hosts.Gpu(4, 44)])), 0);

        index.Place(new() { Tier = 0 }, 0, out var small);
        index.Place(new() { Tier = 1 }, 0, out var large);
        index.Place(new() { Tier = 0 }, 0, out var last);

        Assert.Equal([1], small.GpuIds);
        Assert.Equal([4, 0], large.GpuIds);
        Assert.Equal([2], last.GpuIds);
        Assert.Equal(RouteOutcome.NoCapacity, index.Place(new() { Tier = 0 }, 0, out _));
    }

    [Fact]
    public void Place_CardsSufficeOnlyTogether_TakesThoseWithTheMost()
    {
        var index = new PlacementIndex([new() { Name = "two", Gpu = 2, GpuMemoryGb = 50 }], TimeSpan.FromMinutes(2), projectedWindow: Window);
        index.Upsert(Hosts.Create("a", Hosts.Load(gpus: [Hosts.Gpu(0, 14), Hosts.Gpu(1, 40), Hosts.Gpu(2, 12)])), 0);

        Assert.Equal(RouteOutcome.Routed, index.Place(new(), 0, out var placement));

        Assert.Equal([1, 0], placement.GpuIds);
    }

    [Fact]
    public void Place_SessionsTakeTwiceAsLongOnOneHost_ItGetsFewer()
    {
        var index = IndexOf(Hosts.Create("slow"), Hosts.Create("fast"));
        var counts = new Dictionary<string, int> { ["slow"] = 0, ["fast"] = 0 };
        var random = new Random(5);
        var running = new PriorityQueue<Guid, long>();
        var now = 0L;
        for (var session = 0; session < 2000; session++)
        {
            now += 500;
            while (running.TryPeek(out var ended, out var at) && at <= now)
            {
                running.Dequeue();
                index.Release(ended, at);
            }

            Assert.Equal(RouteOutcome.Routed, index.Place(new(), now, out var placement));
            counts[placement.Host.ClientId] += session < 1000 ? 0 : 1;
            var length = (placement.Host.ClientId == "slow" ? 600 : 300) * (0.5 + random.NextDouble());
            running.Enqueue(placement.ReservationId, now + (long)length);
        }

        Assert.True(counts["fast"] > 2 * counts["slow"], $"{counts["fast"]} and {counts["slow"]}");
    }

    [Fact]
    public void Explain_SlotIsExchangedForItsPlacement_CountsAsOneSession()
    {
        var (direct, waited) = (IndexOf(Hosts.Create("a")), IndexOf(Hosts.Create("a")));
        for (var now = 0L; now < 100_000; now += 1000)
        {
            direct.Place(new(), now, out var one);
            direct.Release(one.ReservationId, now + 500);
            waited.Place(new(), now, out var slot);
            waited.Place(new() { Slot = slot.ReservationId }, now, out var other);
            waited.Release(other.ReservationId, now + 500);
        }

        var (expected, actual) = (Terms(direct, 100_000), Terms(waited, 100_000));
        Assert.Equal(expected.Total, actual.Total, 1e-6);
        Assert.Equal(expected.Pace, actual.Pace, 1e-6);
    }

    [Fact]
    public void Upsert_LoadThatIsNoNumber_CountsAsFull()
    {
        var index = IndexOf(
            Hosts.Create("odd", Hosts.Load([double.NaN, double.NaN, double.NaN, double.NaN, 0, 0, 0, 0])),
            Hosts.Create("plain", Hosts.Load([40, 40, 40, 40, 40, 40, 40, 40])));

        Assert.Equal("plain", Place(index, 0));
    }

    private static PlacementIndex IndexOf(params ReadOnlySpan<HostSnapshot> hosts)
    {
        var index = new PlacementIndex([Small], TimeSpan.FromMinutes(2), projectedWindow: Window);
        foreach (var host in hosts)
        {
            index.Upsert(host, 0);
        }

        return index;
    }

    private static string Place(PlacementIndex index, long nowMs)
    {
        Assert.Equal(RouteOutcome.Routed, index.Place(new(), nowMs, out var placement));
        return placement.Host.ClientId;
    }

    private static double Points(double part) => (30 * part) + (100 * Math.Pow(part / 0.8, 4));

    private static void AssertTerms(PlacementIndex index, long nowMs, double cpu, double memory)
    {
        var score = Terms(index, nowMs);
        Assert.Equal(cpu, score.AverageCpu, 1e-9);
        Assert.Equal(memory, score.MemoryPct, 1e-9);
        Assert.Equal((0, 3, 0), (score.WeightedGpuPct, score.LatencyMs, score.Pace));
        Assert.Equal(RouteOutcome.Routed, index.Choose(new(), nowMs, out var choice));
        Assert.Equal(score.Total, choice.Score, 1e-9);
    }

    private static ScoreTerms Terms(PlacementIndex index, long nowMs) => Assert.Single(index.Capture(new(), nowMs).Explain().Hosts).Score!;
}
