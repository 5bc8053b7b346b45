using BenchmarkDotNet.Attributes;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Benchmarks.Proxy;

/// <summary>Choosing a host's URL for a path, by the kind of pattern that matches.</summary>
[MemoryDiagnoser]
public class EndpointTableBenchmarks
{
    private EndpointTable _table = null!;

    /// <summary>How many patterns the host has; a tenth are wildcards.</summary>
    [Params(1, 10, 100)]
    public int Patterns { get; set; }

    [GlobalSetup]
    public void Setup() => _table = new EndpointTable(
    [
        new("http://first:1", []),
        .. Enumerable.Range(0, Patterns).Select(static i => new BackendEndpoint(
            $"http://host{i}:1", [i % 10 == 9 ? $"/files/{i}/*/raw" : $"/api/v{i}/resource"])),
    ]);

    [Benchmark(Baseline = true)]
    public object Exact() => _table.Select("/api/v0/resource");

    [Benchmark]
    public object Prefix() => _table.Select("/api/v0/resource/some/deeper/path");

    [Benchmark]
    public object LastWildcard() => _table.Select("/files/9/a/b/raw");

    [Benchmark]
    public object Nothing() => _table.Select("/something/else/altogether");
}
