namespace Opsen.Agent.Sampling;

/// <summary>Means of cores and memory over the window. What is null is not known.</summary>
internal sealed record HostMeans
{
    /// <summary>Number of cores.</summary>
    public required int CoreCount { get; init; }

    /// <summary>Use of each core, percent; empty when it is not known.</summary>
    public required double[] CpuUsage { get; init; }

    /// <summary>Mean use of all cores in the last minute, percent.</summary>
    public double? CpuUsageLastMinute { get; init; }

    /// <summary>Share of the cores' time that the hypervisor took, percent.</summary>
    public double? StealPct { get; init; }

    /// <summary>Share of the cores' time that passed idle while a disk was waited for, percent.</summary>
    public double? IowaitPct { get; init; }

    /// <summary>Memory.</summary>
    public long? MemoryTotalBytes { get; init; }

    /// <summary>Memory in use.</summary>
    public double? MemoryUsedBytes { get; init; }

    /// <summary>Memory in use now.</summary>
    public long? MemoryUsedBytesNow { get; init; }

    /// <summary>Memory in use in the last minute.</summary>
    public double? MemoryUsedBytesLastMinute { get; init; }

    /// <summary>How long programs waited.</summary>
    public PressureShares? Pressure { get; init; }
}
