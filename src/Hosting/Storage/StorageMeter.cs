using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;

namespace Opsen.Hosting.Storage;

/// <summary>What the database is asked, and how long that takes.</summary>
internal static class StorageMeter
{
    private static readonly Meter Meter = new(OpsenMeter.Name);

    private static readonly Counter<long> Writes = Meter.CreateCounter<long>(
        "opsen.storage.writes", "{write}", "Writes, by database and result");

    private static readonly Histogram<int> Size = Meter.CreateHistogram(
        "opsen.storage.batch.size", "{write}", "Writes that shared a transaction", tags: null, OpsenMeter.Sizes);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "opsen.storage.duration", "s", "How long a transaction took, by database and result", tags: null, OpsenMeter.Durations);

    /// <summary>A transaction with several writes has ended.</summary>
    /// <param name="database">Name of the system.</param>
    /// <param name="writes">How many writes shared it.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="succeeded">Whether it was committed.</param>
    public static void Committed(string database, int writes, TimeSpan took, bool succeeded)
    {
        KeyValuePair<string, object?> system = new("database", database);
        KeyValuePair<string, object?> result = new("result", succeeded ? "ok" : "failed");
        Writes.Add(writes, system, result);
        Size.Record(writes, system);
        Duration.Record(took.TotalSeconds, system, result);
    }
}
