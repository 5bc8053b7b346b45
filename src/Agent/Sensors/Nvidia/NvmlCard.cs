namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>A card that answered when it was found.</summary>
/// <param name="Device">NVML's handle.</param>
/// <param name="Identity">Its fixed properties.</param>
internal sealed record NvmlCard(nint Device, GpuIdentity Identity)
{
    /// <summary>Reads the card's values; unsupported ones stay null.</summary>
    /// <param name="library">The library that gave the handle.</param>
    /// <param name="reading">The state.</param>
    /// <returns><see cref="NvmlReturn.Success"/>, or the failure that makes the card or the whole library useless.</returns>
    public NvmlReturn Read(NvmlLibrary library, out GpuReading reading)
    {
        reading = new GpuReading(Identity, null, null, null, null, null);

        var result = library.Utilization(Device, out var utilization);
        if (IsGone(result))
        {
            return result;
        }

        reading = result == NvmlReturn.Success ? reading with { UtilizationPct = Math.Min(utilization.Gpu, 100u) } : reading;

        result = library.Memory(Device, out var total, out var used);
        if (IsGone(result))
        {
            return result;
        }

        if (result == NvmlReturn.Success && total is > 0 and <= long.MaxValue)
        {
            reading = reading with { MemoryTotalBytes = (long)total, MemoryUsedBytes = (long)Math.Min(used, total) };
        }

        result = library.Temperature(Device, out var celsius);
        if (IsGone(result))
        {
            return result;
        }

        reading = result == NvmlReturn.Success ? reading with { TemperatureC = celsius } : reading;

        result = library.Power(Device, out var milliwatts);
        if (IsGone(result))
        {
            return result;
        }

        reading = result == NvmlReturn.Success ? reading with { PowerW = milliwatts / 1000.0 } : reading;
        return NvmlReturn.Success;
    }

    /// <summary>Whether a result means that the card does not answer any more.</summary>
    public static bool IsLost(NvmlReturn result) => result is NvmlReturn.GpuIsLost or NvmlReturn.ResetRequired or NvmlReturn.GpuNotFound;

    /// <summary>Whether a result means that the library must be initialized again.</summary>
    public static bool IsFatal(NvmlReturn result) => result is NvmlReturn.Uninitialized or NvmlReturn.DriverNotLoaded
        or NvmlReturn.LibRmVersionMismatch or NvmlReturn.Unknown;

    private static bool IsGone(NvmlReturn result) => IsLost(result) || IsFatal(result);
}
