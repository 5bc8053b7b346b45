using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;

namespace Opsen.Agent.Tests.Sampling;

public sealed class CpuWindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_RandomLoadAndHotplug_EqualsNaiveMean(int seed)
    {
        const double Length = 15;
        var random = new Random(seed);
        var window = new CpuWindow(TimeSpan.FromSeconds(Length), null);
        var model = new NaiveModel(Length);
        var counters = Enumerable.Range(0, 6).ToDictionary(core => core, _ => (Busy: random.NextInt64(1_000_000), Idle: random.NextInt64(1_000_000)));
        double now = 0;
        for (var i = 0; i < 1500; i++)
        {
            var passed = 0.6 + (random.NextDouble() * 0.8);
            now += passed;
            foreach (var core in counters.Keys)
            {
                var busy = (long)(random.NextDouble() * passed * 1000);
                counters[core] = (counters[core].Busy + busy, counters[core].Idle + (long)(passed * 1000) - busy);
            }

            // A core goes away and comes back now and then; 1 is never there, so the numbers have a gap.
            var online = counters.Keys.Where(core => core != 1 && (core + (i / 40)) % 7 != 0)
                .Select(core => new CoreCounter(core, counters[core].Busy, counters[core].Idle)).ToList();
            window.Add(now, online.ToArray());
            model.Add(now, online);
            var usage = new List<double>();
            window.Read(usage);
            Assert.Equal(model.Means(now), usage, (expected, actual) => Math.Abs(expected - actual) < 1e-9);
        }
    }

    [Fact]
    public void Read_LongWindow_CoversItsLengthWithinHalfAStep()
    {
        const int Length = 900;
        var window = new CpuWindow(TimeSpan.FromSeconds(Length), null);
        long busy = 0;
        var busyAt = new List<long>();
        for (var now = 0; now < 4000; now++)
        {
            // One busy tick more each second: the sum over the window tells where it begins.
            busy += now;
            busyAt.Add(busy);
            window.Add(now, [new CoreCounter(0, busy, ((long)now * 10_000) - busy)]);
            var usage = new List<double>();
            window.Read(usage);
            if (now > 0)
            {
                var starts = Enumerable.Range(Math.Max(0, now - Length - 5), 11).Where(start => start < now);
                Assert.Contains(starts, start => Math.Abs(usage.Single() - (100.0 * (busy - busyAt[start]) / ((now - start) * 10_000.0))) < 1e-9);
            }
        }
    }

    [Fact]
    public void Read_OneReading_TellsNothing()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null);
        window.Add(0, [new CoreCounter(0, 5, 5)]);
        Assert.Empty(Read(window));
    }

    [Theory]
    [InlineData(CoreTime.Steal)]
    [InlineData(CoreTime.Iowait)]
    [InlineData(CoreTime.Idle)]
    [InlineData(CoreTime.User)]
    [InlineData(CoreTime.Irq)]
    public void Read_OneCounterFallsBelowZero_ChangesNothingElse(object brokenKind)
    {
        // 2^64 ns less a little, in ticks: what the kernel shows of a difference below zero.
        const long BelowZero = (long)(ulong.MaxValue / 10_000_000) - 7;
        var kind = (CoreTime)brokenKind;
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null, 100);
        for (var second = 0; second < 20; second++)
        {
            var core = new CoreCounter(0) { [CoreTime.User] = 30 * second, [CoreTime.System] = 10 * second, [CoreTime.Idle] = 60 * second };
            core[kind] = second is > 5 and < 15 ? (second % 2 == 0 ? BelowZero : -3) : core[kind];
            window.Add(second, [core]);
        }

        // What is left of the counters says what the core did.
        var expected = kind switch
        {
            CoreTime.User => 100.0 * (190 + (30 * 9)) / (190 + (30 * 9) + (60 * 19)),
            CoreTime.Idle => 100.0 * (40 * 19) / ((40 * 19) + (60 * 9)),
            _ => 40,
        };
        Assert.Equal(expected, Read(window).Single(), 0.001);
    }

    [Fact]
    public void Read_CoreStandsStillBesideOthers_CountsAsFull()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null, 100);
        for (var second = 0; second < 5; second++)
        {
            window.Add(second, [new CoreCounter(0, 25 * second, 75 * second), new CoreCounter(1, 500, 500)]);
        }

        Assert.Equal([25, 100], Read(window));
    }

    [Fact]
    public void Read_LastMinute_IsOfThatAlone()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null, 100);
        for (var second = 0; second <= 900; second++)
        {
            // At rest, and busy for the last minute.
            var busy = 100 * Math.Max(0, second - 840);
            window.Add(second, [new CoreCounter(0, busy, (100 * second) - busy)]);
        }

        var usage = new List<double>();
        _ = window.Read(usage, TimeSpan.FromMinutes(1));
        Assert.Equal(100, usage.Single());
        Assert.Equal(100.0 * 60 / 900, Read(window).Single(), 0.1);
    }

    [Fact]
    public void Read_IdleStepsBack_StaysInRangeAndRecovers()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null);
        window.Add(0, [new CoreCounter(0, 1000, 5000)]);
        window.Add(1, [new CoreCounter(0, 1050, 4000)]);
        Assert.Equal(100, Read(window).Single());
        window.Add(2, [new CoreCounter(0, 1050, 4050)]);
        Assert.Equal(50, Read(window).Single());
        window.Add(3, [new CoreCounter(0, 0, 4150)]);
        Assert.Equal(25, Read(window).Single());
    }

    [Fact]
    public void Read_CoreVanishes_LeavesAtOnceAndComesBackAnew()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), null);
        window.Add(0, [new CoreCounter(0, 0, 0), new CoreCounter(2, 0, 0)]);
        window.Add(1, [new CoreCounter(0, 10, 90), new CoreCounter(2, 90, 10)]);
        Assert.Equal([10, 90], Read(window));
        window.Add(2, [new CoreCounter(0, 20, 180)]);
        Assert.Equal([10], Read(window));
        window.Add(3, [new CoreCounter(0, 30, 270), new CoreCounter(2, 0, 0)]);
        Assert.Equal([10], Read(window));
        window.Add(4, [new CoreCounter(0, 40, 360), new CoreCounter(2, 40, 60)]);
        Assert.Equal([10, 40], Read(window));
    }

    [Fact]
    public void Read_GapLongerThanWindow_BeginsAnew()
    {
        var window = new CpuWindow(TimeSpan.FromSeconds(30), null);
        window.Add(0, [new CoreCounter(0, 0, 0)]);
        window.Add(1, [new CoreCounter(0, 100, 0)]);
        window.Add(3600, [new CoreCounter(0, 200, 0)]);
        Assert.Empty(Read(window));
        window.Add(3601, [new CoreCounter(0, 200, 100)]);
        Assert.Equal([0], Read(window));
    }

    [Fact]
    public void Read_OwnedCores_LeavesOthersOut()
    {
        var window = new CpuWindow(TimeSpan.FromMinutes(15), [1, 3]);
        window.Add(0, [.. Enumerable.Range(0, 5).Select(core => new CoreCounter(core, 0, 0))]);
        window.Add(1, [.. Enumerable.Range(0, 5).Select(core => new CoreCounter(core, core * 10, 100 - (core * 10)))]);
        Assert.Equal([10, 30], Read(window));
    }

    private static List<double> Read(CpuWindow window)
    {
        var usage = new List<double>();
        window.Read(usage);
        return usage;
    }

    /// <summary>Keeps every reading since a core came online.</summary>
    private sealed class NaiveModel(double length)
    {
        private readonly Dictionary<int, List<(double Time, long Busy, long Idle)>> _history = [];

        public void Add(double now, List<CoreCounter> online)
        {
            foreach (var gone in _history.Keys.Except(online.Select(core => core.Id)).ToList())
            {
                _ = _history.Remove(gone);
            }

            foreach (var core in online)
            {
                _history.TryAdd(core.Id, []);
                _history[core.Id].Add((now, core.Busy, core.Idle));
            }
        }

        public IEnumerable<double> Means(double now)
        {
            foreach (var (_, readings) in _history.OrderBy(core => core.Key))
            {
                var start = readings.First(reading => reading.Time + 0.5 >= now - length);
                var end = readings[^1];
                var total = end.Busy + end.Idle - start.Busy - start.Idle;
                if (total > 0)
                {
                    yield return 100.0 * (end.Busy - start.Busy) / total;
                }
            }
        }
    }
}
