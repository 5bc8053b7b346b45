namespace Opsen.Protocol.Http;

/// <summary>Body of <c>POST /stats</c>: one load report of a registered host.</summary>
public sealed record StatsRequest
{
    /// <summary>The identity that the host registered; required.</summary>
    public string? ClientId { get; init; }

    /// <summary>Name shown to people.</summary>
    public string? Hostname { get; init; }

    /// <summary>When the report was made, RFC 3339. Informative: the server judges age by its own clock.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Number of cores the report covers.</summary>
    public int? CpuCores { get; init; }

    /// <summary>Average use of each core over the agent's window, percent.</summary>
    public IReadOnlyList<double>? CpuUsageAvg { get; init; }

    /// <summary>Memory in GB.</summary>
    public double? MemoryTotalGb { get; init; }

    /// <summary>Memory in use, GB.</summary>
    public double? MemoryUsedGb { get; init; }

    /// <summary>Memory a new session could get, GB.</summary>
    public double? MemoryAvailGb { get; init; }

    /// <summary>Disk in GB.</summary>
    public double? DiskTotalGb { get; init; }

    /// <summary>Disk in use, GB.</summary>
    public double? DiskUsedGb { get; init; }

    /// <summary>Disk a new session could get, GB.</summary>
    public double? DiskAvailGb { get; init; }

    /// <summary>One entry per GPU card.</summary>
    public IReadOnlyList<GpuStats>? Gpus { get; init; }

    /// <summary>What the averages are over the last minute; the other fields cover the agent's whole window.</summary>
    public LastMinuteStats? LastMinute { get; init; }

    /// <summary>What keeps programs on the host waiting.</summary>
    public ContentionStats? Contention { get; init; }
}

/// <summary>Averages over the last minute.</summary>
public sealed record LastMinuteStats
{
    /// <summary>Average use of all cores, percent.</summary>
    public double? CpuUsagePct { get; init; }

    /// <summary>Memory in use, GB.</summary>
    public double? MemoryUsedGb { get; init; }
}

/// <summary>What keeps programs waiting, averages over the agent's window, percent of the time.</summary>
public sealed record ContentionStats
{
    /// <summary>Cores' time that the hypervisor took for others; it is in their use too.</summary>
    public double? CpuStealPct { get; init; }

    /// <summary>Cores' time that passed idle while a disk was waited for.</summary>
    public double? CpuIowaitPct { get; init; }

    /// <summary>Time in which a program waited for a core (Linux' pressure stall information, some).</summary>
    public double? CpuPressurePct { get; init; }

    /// <summary>Time in which a program waited for memory.</summary>
    public double? MemoryPressurePct { get; init; }

    /// <summary>Time in which a program waited for a disk.</summary>
    public double? IoPressurePct { get; init; }
}

/// <summary>Load of one GPU card.</summary>
public sealed record GpuStats
{
    /// <summary>The card's index on its host.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Model name.</summary>
    public string? Name { get; init; }

    /// <summary>Utilisation, percent; absent when the card does not report it.</summary>
    public double? UtilizationPct { get; init; }

    /// <summary>VRAM in use, GB; absent when the card does not report it.</summary>
    public double? MemoryUsedGb { get; init; }

    /// <summary>VRAM, GB; absent when the card does not report it.</summary>
    public double? MemoryTotalGb { get; init; }

    /// <summary>Temperature, °C.</summary>
    public double? TemperatureC { get; init; }

    /// <summary>Power, W.</summary>
    public double? PowerDrawW { get; init; }

    /// <summary>The card's own identity, by which programs can choose it.</summary>
    public string? Uuid { get; init; }

    /// <summary>Utilisation over the last minute, percent.</summary>
    public double? UtilizationLastMinutePct { get; init; }

    /// <summary>Errors of its memory, since the driver was loaded, that could not be corrected.</summary>
    public long? EccErrors { get; init; }

    /// <summary>Number of the last critical error that its driver told (NVIDIA's Xid).</summary>
    public long? Xid { get; init; }
}
