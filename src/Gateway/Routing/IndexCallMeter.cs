using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Routing;

/// <summary>What the calls to the indexes carry and cost.</summary>
internal static class IndexCallMeter
{
    private static readonly Meter Meter = new(OpsenMeter.Name);

    private static readonly Histogram<int> Size = Meter.CreateHistogram(
        "opsen.index.batch.size", "{request}", "Placements and releases that one call to an index carried", tags: null, OpsenMeter.Sizes);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "opsen.index.call.duration", "s", "How long a call to an index took, by pool and result", tags: null, OpsenMeter.Durations);

    /// <summary>A call has ended.</summary>
    public static void Ended(string pool, int size, TimeSpan took, bool succeeded)
    {
        KeyValuePair<string, object?> tag = new("pool", pool);
        Size.Record(size, tag);
        Duration.Record(took.TotalSeconds, tag, new("result", succeeded ? "ok" : "failed"));
    }
}
