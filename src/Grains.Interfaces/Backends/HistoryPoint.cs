namespace Opsen.Grains.Interfaces.Backends;

/// <summary>What a host reported at one moment, as shares of what it has. Negative where it did not tell.</summary>
/// <param name="Time">When the report came.</param>
/// <param name="CpuPct">Mean use of its cores, percent.</param>
/// <param name="MemoryPct">Memory that is not available, percent.</param>
/// <param name="DiskPct">Disk that is not available, percent.</param>
/// <param name="GpuPct">Mean use of its cards, percent.</param>
/// <param name="VramPct">VRAM in use on all of them, percent.</param>
[GenerateSerializer, Immutable, Alias("opsen.HistoryPoint")]
public readonly record struct HistoryPoint(
    [property: Id(0)] DateTimeOffset Time,
    [property: Id(1)] double CpuPct,
    [property: Id(2)] double MemoryPct,
    [property: Id(3)] double DiskPct,
    [property: Id(4)] double GpuPct,
    [property: Id(5)] double VramPct)
{
    /// <summary>A value that the host did not tell.</summary>
    public const double Unknown = -1;

    /// <summary>The point of a report.</summary>
    public static HistoryPoint Of(DateTimeOffset time, LoadReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var vram = report.Gpus.Sum(static card => card.MemoryTotalGb);
        return new(
            time,
            report.CpuUsage.IsEmpty ? Unknown : report.CpuUsage.Average(),
            Share(report.MemoryTotalGb - report.MemoryAvailableGb, report.MemoryTotalGb),
            Share(report.DiskTotalGb - report.DiskAvailableGb, report.DiskTotalGb),
            report.Gpus.IsEmpty ? Unknown : report.Gpus.Average(static card => card.UtilizationPct),
            Share(report.Gpus.Sum(static card => card.MemoryUsedGb), vram));
    }

    private static double Share(double part, double whole) => whole > 0 ? Math.Clamp(part / whole * 100, 0, 100) : Unknown;
}
