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
/// <param name="Index">The driver's index, which programs use to choose the card.</param>
/// <param name="Name">Model name.</param>
internal sealed record GpuIdentity(string Uuid, int Index, string Name);

/// <summary>State of a card. A value that the card does not report is null, never 0.</summary>
/// <param name="Card">Which card.</param>
/// <param name="UtilizationPct">Share of time in which a kernel ran, percent.</param>
/// <param name="MemoryUsedBytes">VRAM in use.</param>
/// <param name="MemoryTotalBytes">VRAM.</param>
/// <param name="TemperatureC">Temperature of the chip, °C.</param>
/// <param name="PowerW">Power draw, W.</param>
internal readonly record struct GpuReading(
    GpuIdentity Card,
    double? UtilizationPct,
    long? MemoryUsedBytes,
    long? MemoryTotalBytes,
    double? TemperatureC,
    double? PowerW);
