using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;

namespace Opsen.Grains.Backends.Probing;

/// <summary>What the probes measure of themselves.</summary>
internal static class ProbeMeter
{
    private static readonly Meter Meter = new(OpsenMeter.Name);
    private static readonly Histogram<double> Lateness =
        Meter.CreateHistogram("opsen.probe.lateness", "s", "How much later than planned a probe began", tags: null, OpsenMeter.Durations);

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram("opsen.probe.duration", "s", "How long a probe of a host took, by result", tags: null, OpsenMeter.Durations);

    /// <summary>A probe begins.</summary>
    public static void Begins(TimeSpan late) => Lateness.Record(Math.Max(0, late.TotalSeconds));

    /// <summary>A probe has ended.</summary>
    public static void Ended(TimeSpan took, bool succeeded) =>
        Duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("result", succeeded ? "ok" : "failed"));
}
