using Opsen.Fuzz.Targets;

namespace Opsen.Fuzz;

/// <summary>What is fuzzed: each parser of ours that reads what outsiders wrote, with what must hold for any input. A target throws when something does
/// not.</summary>
internal static class FuzzTargets
{
    /// <summary>Runs a parser on an input.</summary>
    public delegate void Run(ReadOnlySpan<byte> input);

    /// <summary>The targets by name; a folder of the corpus has the same.</summary>
    public static IReadOnlyDictionary<string, Run> All { get; } = new SortedDictionary<string, Run>(StringComparer.Ordinal)
    {
        ["chunked-request"] = ChunkedRequest.Run,
        ["configuration"] = Configuration.Run,
        ["decision-log"] = DecisionLog.Run,
        ["http2-frames"] = Http2Frames.Run,
        ["json"] = Json.Run,
        ["load-report-header"] = LoadReportHeader.Run,
        ["procfs"] = ProcFiles.Run,
        ["proxy-protocol"] = ProxyProtocol.Run,
        ["response-body"] = ResponseBodies.Run,
        ["response-head"] = ResponseHeads.Run,
        ["tier"] = TierInBody.Run,
        ["wildcard"] = Wildcards.Run,
    };

    /// <summary>Fails when a property does not hold.</summary>
    public static void Require(bool holds, string property)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"It does not hold that {property}.");
        }
    }
}
