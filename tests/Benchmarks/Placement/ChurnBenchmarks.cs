using BenchmarkDotNet.Attributes;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Benchmarks.Placement;

/// <summary>Hosts that come and go.</summary>
[MemoryDiagnoser]
public class ChurnBenchmarks
{
    private HostSnapshot[] _hosts = null!;
    private PlacementIndex _index = null!;
    private int _next;

    [Params(1_000, 100_000)]
    public int Hosts { get; set; }

    [Params(Layout.OneSite, Layout.Sites30, Layout.Scattered)]
    public Layout Layout { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var fleet = new Fleet(Hosts, Layout, fullPercent: 0);
        _hosts = fleet.Hosts;
        _index = fleet.CreateIndex();
    }

    /// <summary>One host goes, and comes back.</summary>
    [Benchmark]
    public bool RemoveAndAdd()
    {
        _next = (_next + 7919) % _hosts.Length;
        var host = _hosts[_next];
        var removed = _index.Remove(host.ClientId);
        _index.Upsert(host, 0);
        return removed;
    }
}
