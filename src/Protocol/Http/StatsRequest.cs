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
}
