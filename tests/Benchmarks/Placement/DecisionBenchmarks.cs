using BenchmarkDotNet.Attributes;
using Opsen.Grains.Placement;

namespace Opsen.Benchmarks.Placement;

/// <summary>One decision, without the reservation, beside a scan of all hosts.</summary>
[MemoryDiagnoser]
public class DecisionBenchmarks
{
    private const int Queries = 1024;

    private Fleet _fleet = null!;
    private PlacementIndex _index = null!;
    private PlacementQuery[] _queries = null!;
    private PlacementQuery[] _queriesWithoutPlace = null!;
    private int _next;

    [Params(10, 100, 1_000, 10_000, 100_000)]
    public int Hosts { get; set; }

    [Params(Layout.OneSite, Layout.Sites30, Layout.Regions30, Layout.Scattered)]
    public Layout Layout { get; set; }

    /// <summary>How many of the hosts have no room.</summary>
    [Params(0, 50, 99)]
    public int FullPercent { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _fleet = new(Hosts, Layout, FullPercent);
        _index = _fleet.CreateIndex();
        _queries = _fleet.CreateQueries(Queries, withPlace: true);
        _queriesWithoutPlace = _fleet.CreateQueries(Queries, withPlace: false);
    }

    [Benchmark]
    public double Decide()
    {
        _index.Choose(_queries[_next++ & (Queries - 1)], 0, out var choice);
        return choice.Score;
    }

    [Benchmark]
    public double DecideWithoutPlace()
    {
        _index.Choose(_queriesWithoutPlace[_next++ & (Queries - 1)], 0, out var choice);
        return choice.Score;
    }

    [Benchmark]
    public long Scan()
    {
        ref readonly var query = ref _queries[_next++ & (Queries - 1)];
        return NaiveScan.Choose(_fleet.Hosts, Fleet.Tiers[query.Tier], query.Place)?.ReportSequence ?? 0;
    }
}
