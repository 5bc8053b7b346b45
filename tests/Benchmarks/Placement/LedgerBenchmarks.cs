using BenchmarkDotNet.Attributes;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Benchmarks.Placement;

/// <summary>What changes the index: reports, reservations, releases and expiry.</summary>
[MemoryDiagnoser]
public class LedgerBenchmarks
{
    private const int Variants = 4096;
    private const long TimeoutMs = 120_000;

    private PlacementIndex _index = null!;
    private PlacementQuery[] _queries = null!;
    private HostSnapshot[] _reports = null!;
    private int _next;
    private long _now;

    [Params(10, 100, 1_000, 10_000, 100_000)]
    public int Hosts { get; set; }

    [Params(Layout.OneSite, Layout.Sites30, Layout.Scattered)]
    public Layout Layout { get; set; }

    [Params(false, true)]
    public bool IsProjected { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var fleet = new Fleet(Hosts, Layout, fullPercent: 0);
        _index = fleet.CreateIndex(IsProjected);
        _queries = fleet.CreateQueries(Variants, withPlace: true);
        _reports = fleet.CreateReports(Variants);
    }

    /// <summary>A decision with its reservation, and the release of that.</summary>
    [Benchmark]
    public bool ReserveAndRelease()
    {
        _index.Place(_queries[_next++ & (Variants - 1)], _now, out var placement);
        return _index.Release(placement.ReservationId, _now);
    }

    /// <summary>A decision with its reservation, and the expiry of the one before.</summary>
    [Benchmark]
    public int ReserveAndExpire()
    {
        _now += TimeoutMs;
        _index.Place(_queries[_next++ & (Variants - 1)], _now, out _);
        return _index.ReservationCount;
    }

    /// <summary>A new report of one host.</summary>
    [Benchmark]
    public int Report()
    {
        _index.Upsert(_reports[_next++ & (Variants - 1)], _now);
        return _index.HostCount;
    }
}
