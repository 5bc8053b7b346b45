using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Opsen.Gateway.Proxy.TierDetection;

namespace Opsen.Benchmarks.Proxy;

/// <summary>Finding the tier in a JSON body that lies in the server's buffer, in blocks of 4 KiB as there.</summary>
[MemoryDiagnoser]
public class TierScanBenchmarks
{
    private const int Block = 4096;

    private readonly byte[] _name = "tier"u8.ToArray();
    private ReadOnlySequence<byte> _first;
    private ReadOnlySequence<byte> _last;
    private ReadOnlySequence<byte> _absent;

    /// <summary>Size of the body, bytes.</summary>
    [Params(100, 10_000, 1_000_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var messages = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"What is the answer to everything?"}""", Math.Max(1, Bytes / 62)));
        _first = Segments.Of(Encoding.UTF8.GetBytes($$"""{"tier":"pro","messages":[{{messages}}]}"""), Block);
        _last = Segments.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{{messages}}],"tier":"pro"}"""), Block);
        _absent = Segments.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{{messages}}]}"""), Block);
    }

    [Benchmark]
    public string? TierFirst() => Scan(_first);

    [Benchmark]
    public string? TierLast() => Scan(_last);

    [Benchmark]
    public string? NoTier() => Scan(_absent);

    private string? Scan(in ReadOnlySequence<byte> body)
    {
        var scanner = new TierFieldScanner(_name);
        scanner.Scan(body, isWhole: true);
        return scanner.Tier;
    }
}
