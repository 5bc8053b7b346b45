namespace Opsen.Agent.Sensors;

/// <summary>Reads the GPU cards of one vendor. A reading may block in the driver.</summary>
internal interface IGpuSensor : IDisposable
{
    /// <summary>Adds the present state of every card that responds to <paramref name="readings"/>; none when there is no driver.</summary>
    /// <returns>When to read next: a second after cards answered, later while there are none.</returns>
    TimeSpan Read(List<GpuReading> readings);
}

/// <summary>The fixed properties of a card.</summary>
/// <param name="Uuid">The card's own identity; indexes move when a card is lost.</param>
/// <param name="Index">The driver's index, which programs use to choose the card. Instances of a divided card (MIG) have 100 × (the card's + 1) + their slot:
/// programs choose them by <paramref name="Uuid"/>.</param>
/// <param name="Name">Model name.</param>
internal sealed record GpuIdentity(string Uuid, int Index, string Name);

/// <summary>State of a card. A value that the card does not report is null, never 0.</summary>
/// <param name="Card">Which card.</param>
internal readonly record struct GpuReading(GpuIdentity Card)
{
    /// <summary>Share of time in which a kernel ran, percent.</summary>
    public double? UtilizationPct { get; init; }

    /// <summary>VRAM in use.</summary>
    public long? MemoryUsedBytes { get; init; }

    /// <summary>VRAM.</summary>
    public long? MemoryTotalBytes { get; init; }

    /// <summary>Whether the card has no memory of its own and uses the host's.</summary>
    public bool UsesHostMemory { get; init; }

    /// <summary>Temperature of the chip, °C.</summary>
    public double? TemperatureC { get; init; }

    /// <summary>Power draw, W.</summary>
    public double? PowerW { get; init; }

    /// <summary>Errors of its memory, since the driver was loaded, that could not be corrected.</summary>
    public long? EccErrors { get; init; }

    /// <summary>Number of the last critical error that the driver told since the agent runs.</summary>
    public long? Xid { get; init; }
}
