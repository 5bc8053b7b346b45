using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>One load report of a host; checked by the gateway.</summary>
[GenerateSerializer, Immutable, Alias("opsen.LoadReport")]
public sealed record LoadReport
{
    /// <summary>When the agent made it, by the agent's clock.</summary>
    [Id(0)]
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>Average use of each core, percent in 0..100; empty when the agent does not tell.</summary>
    [Id(1)]
    public ImmutableArray<double> CpuUsage { get; init; } = [];

    /// <summary>Memory, GB; 0 when the agent does not tell.</summary>
    [Id(2)]
    public double MemoryTotalGb { get; init; }

    /// <summary>Memory in use, GB.</summary>
    [Id(3)]
    public double MemoryUsedGb { get; init; }

    /// <summary>Memory available to new sessions, GB.</summary>
    [Id(4)]
    public double MemoryAvailableGb { get; init; }

    /// <summary>Disk, GB; 0 when the agent does not tell.</summary>
    [Id(5)]
    public double DiskTotalGb { get; init; }

    /// <summary>Disk in use, GB.</summary>
    [Id(6)]
    public double DiskUsedGb { get; init; }

    /// <summary>Disk available to new sessions, GB.</summary>
    [Id(7)]
    public double DiskAvailableGb { get; init; }

    /// <summary>GPU cards, each device id once.</summary>
    [Id(8)]
    public ImmutableArray<GpuLoad> Gpus { get; init; } = [];

    /// <summary>Host name in the report; empty when it had none.</summary>
    [Id(9)]
    public string Hostname { get; init; } = "";
}

/// <summary>Load of one GPU card.</summary>
[GenerateSerializer, Immutable, Alias("opsen.GpuLoad")]
public sealed record GpuLoad
{
    /// <summary>The card's index on its host.</summary>
    [Id(0)]
    public required int DeviceId { get; init; }

    /// <summary>Model name.</summary>
    [Id(1)]
    public string Name { get; init; } = "";

    /// <summary>Utilisation, percent in 0..100.</summary>
    [Id(2)]
    public double UtilizationPct { get; init; }

    /// <summary>VRAM in use, GB; 0 when the card does not tell.</summary>
    [Id(3)]
    public double MemoryUsedGb { get; init; }

    /// <summary>VRAM, GB; 0 when the card does not tell.</summary>
    [Id(4)]
    public double MemoryTotalGb { get; init; }

    /// <summary>Temperature, °C.</summary>
    [Id(5)]
    public double TemperatureC { get; init; }

    /// <summary>Power, W; 0 when the card does not tell.</summary>
    [Id(6)]
    public double PowerDrawW { get; init; }

    /// <summary>The card's own identity; null when the agent does not tell.</summary>
    [Id(7)]
    public string? Uuid { get; init; }

    /// <summary>VRAM not in use, GB.</summary>
    public double MemoryFreeGb => Math.Max(0, MemoryTotalGb - MemoryUsedGb);
}
