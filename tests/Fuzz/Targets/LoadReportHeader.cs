using System.Text;
using Opsen.Gateway.Orca;

namespace Opsen.Fuzz.Targets;

/// <summary>Load reports in the headers of backends: no number of them is impossible.</summary>
internal static class LoadReportHeader
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var value = Encoding.Latin1.GetString(input);
        Check(value, isBinary: false);
        Check(value, isBinary: true);
    }

    private static void Check(string value, bool isBinary)
    {
        var isWell = OrcaHeader.TryRead(value, isBinary, out var report);
        FuzzTargets.Require(isWell || report is null, "a malformed header says nothing");
        FuzzTargets.Require(report?.Cpu is not { } cpu || (double.IsFinite(cpu) && cpu >= 0), "use of processors is a number");
        FuzzTargets.Require(report?.Memory is not { } memory || (double.IsFinite(memory) && memory >= 0), "use of memory is a number");
    }
}
