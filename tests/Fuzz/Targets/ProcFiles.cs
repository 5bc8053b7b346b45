using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Fuzz.Targets;

/// <summary>The kernel's files as the agent reads them, which may end anywhere.</summary>
internal static class ProcFiles
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var counters = new CoreCounters();
        ProcStatParser.Parse(input, counters);
        FuzzTargets.Require(!ProcPressureSensor.TryParse(input, out var total) || total >= 0, "pressure is not negative");
    }
}
