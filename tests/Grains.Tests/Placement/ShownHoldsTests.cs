using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>What is reserved and shown as busy by the report counts once with projected scores.</summary>
public sealed class ShownHoldsTests
{
    private const long WindowMs = 60_000;
    private const long Later = 9 * WindowMs;
    private const long TimeoutMs = 600_000;
    private const int Cores = 8;
    private static readonly TierSpec Small = new() { Name = "small", Vcpu = 2 };

    /// <summary>The sums have closed forms; here an average that lags is followed in small steps.</summary>
    [Fact]
    public void Shown_HoldsComeAndGo_IsWhatAnAverageThatLagsHasOfThem()
    {
        const double lag = WindowMs / 2d;
        const long step = 5;
        var random = new Random(11);
        var sum = new ShownHolds(lag);
        var holds = new List<Hold>();
        for (var now = 0L; now < 600_000; now += step)
        {
            if (random.Next(2000) == 0)
            {
                holds.Add(new Hold(random.Next(1, 100), now));
                sum.Begin(holds[^1].Cores, now, now);
            }
            else if (holds.Find(static hold => hold.IsHeld) is { } hold && random.Next(3000) == 0)
            {
                var isInUse = random.Next(2) == 0;
                sum.End(hold.Cores, hold.Since, now, isInUse);
                hold.IsHeld = false;
                if (isInUse)
                {
                    holds.Remove(hold);
                }
            }

            sum.Reported(now);
            Assert.Equal(holds.Sum(static hold => hold.Seen), sum.Shown, 0.7);
            holds.ForEach(static hold => hold.Seen += ((hold.IsHeld ? hold.Cores : 0) - hold.Seen) * step / lag);
        }

        Assert.True(holds.Count > 10);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Place_ReportShowsWhatIsReserved_CountsItOnce(bool isProjected, int more)
    {
        var index = IndexOf(isProjected, busy: 0);
        Assert.Equal(3, Fill(index, 0, most: 3).Count);

        Report(index, busy: 6, now: Later, sequence: 2);

        Assert.Equal(more, Fill(index, Later).Count);
    }

    [Fact]
    public void Place_OthersHaveCores_TheyStayTaken()
    {
        var index = IndexOf(isProjected: true, busy: 0);
        Fill(index, 0, most: 1);

        Report(index, busy: 6, now: Later, sequence: 2);

        Assert.Single(Fill(index, Later));
    }

    [Fact]
    public void Place_SessionsAreIdle_ReservesNoMoreThanThereIs()
    {
        var index = IndexOf(isProjected: true, busy: 0);
        Assert.Equal(Cores / 2, Fill(index, 0).Count);

        Report(index, busy: 0, now: Later, sequence: 2);

        Assert.Empty(Fill(index, Later));
    }

    [Fact]
    public void Place_SessionsEndedAfterTheReport_TheirCoresAreFree()
    {
        var index = IndexOf(isProjected: true, busy: 0);
        var running = Fill(index, 0);
        Report(index, busy: Cores, now: Later, sequence: 2);
        Assert.Empty(Fill(index, Later));

        running.ForEach(id => index.Release(id, Later));

        Assert.Equal(Cores / 2, Fill(index, Later).Count);
    }

    [Fact]
    public void Place_ReservationsTimedOut_TheirSessionsRunOn()
    {
        var index = IndexOf(isProjected: true, busy: 0);
        Fill(index, 0, most: 3);
        Report(index, busy: 6, now: TimeoutMs - 1, sequence: 2);

        Assert.Single(Fill(index, TimeoutMs));
        Report(index, busy: 6, now: TimeoutMs, sequence: 3);
        Assert.Empty(Fill(index, TimeoutMs));
    }

    [Fact]
    public void RestoreReservation_HeldForLong_IsTakenAsShown()
    {
        var index = IndexOf(isProjected: true, busy: 6);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            Assert.True(index.RestoreReservation(new(Guid.NewGuid(), "a", Small.Name, null, [], TimeSpan.FromMinutes(1)), 0));
        }

        Assert.Single(Fill(index, 0));
    }

    private static PlacementIndex IndexOf(bool isProjected, int busy)
    {
        var index = new PlacementIndex(
            [Small], TimeSpan.FromMilliseconds(TimeoutMs), projectedWindow: isProjected ? TimeSpan.FromMilliseconds(WindowMs) : null);
        Report(index, busy, now: 0, sequence: 1);
        return index;
    }

    private static void Report(PlacementIndex index, int busy, long now, long sequence) =>
        index.Upsert(Hosts.Create("a", Hosts.Load([.. Enumerable.Range(0, Cores).Select(core => core < busy ? 100d : 0)]), sequence: sequence), now);

    private static List<Guid> Fill(PlacementIndex index, long now, int most = int.MaxValue)
    {
        var granted = new List<Guid>();
        while (granted.Count < most && index.Place(new(), now, out var placement) == RouteOutcome.Routed)
        {
            granted.Add(placement.ReservationId);
        }

        return granted;
    }

    private sealed class Hold(int cores, long since)
    {
        public int Cores { get; } = cores;

        public long Since { get; } = since;

        public bool IsHeld { get; set; } = true;

        public double Seen { get; set; }
    }
}
