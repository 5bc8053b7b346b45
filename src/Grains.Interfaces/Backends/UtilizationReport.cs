namespace Opsen.Grains.Interfaces.Backends;

/// <summary>How busy a host says it is in its responses to users (ORCA): shares without totals. What is null was not said.</summary>
[GenerateSerializer, Immutable, Alias("opsen.UtilizationReport")]
public sealed record UtilizationReport
{
    /// <summary>Use of all cores together, in 0..1.</summary>
    [Id(0)]
    public double? Cpu { get; init; }

    /// <summary>Use of memory, in 0..1.</summary>
    [Id(1)]
    public double? Memory { get; init; }

    /// <summary>Use of all GPU cards together, in 0..1.</summary>
    [Id(2)]
    public double? Gpu { get; init; }
}
