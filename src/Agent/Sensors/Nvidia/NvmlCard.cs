namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>A card, or an instance of a divided one, that answered when it was found.</summary>
/// <param name="Device">NVML's handle.</param>
/// <param name="Identity">Its fixed properties.</param>
/// <param name="Parent">Handle of the card that an instance is a part of; else its own.</param>
internal sealed record NvmlCard(nint Device, GpuIdentity Identity, nint Parent)
{
    /// <summary>Errors of its memory that could not be corrected; null when it does not count them.</summary>
    public long? EccErrors { get; set; }

    /// <summary>Number of its last critical error; null when there was none.</summary>
    public long? Xid { get; set; }

    private bool IsInstance => Parent != Device;

    /// <summary>Reads the card's values. One that cannot be read stays null, and the others go on.</summary>
    /// <param name="library">The library that gave the handle.</param>
    /// <param name="reading">The state.</param>
    /// <returns><see cref="NvmlReturn.Success"/>, or why the card is useless: it is lost, or every one of its values fails.</returns>
    public NvmlReturn Read(NvmlLibrary library, out GpuReading reading)
    {
        var utilization = default(NvmlUtilization);
        var hasUtilization = IsInstance ? NvmlReturn.NotSupported : library.Utilization(Device, out utilization);
        var hasMemory = library.Memory(Device, out var total, out var used);
        var hasTemperature = library.Temperature(Parent, out var celsius);
        var hasPower = library.Power(Parent, out var milliwatts);
        var isKnown = hasMemory == NvmlReturn.Success && total is > 0 and <= long.MaxValue;
        reading = new GpuReading(Identity)
        {
            UtilizationPct = hasUtilization == NvmlReturn.Success ? Math.Min(utilization.Gpu, 100u) : null,
            MemoryTotalBytes = isKnown ? (long)total : null,
            MemoryUsedBytes = isKnown ? (long)Math.Min(used, total) : null,
            UsesHostMemory = hasMemory == NvmlReturn.NotSupported && !IsInstance,
            TemperatureC = hasTemperature == NvmlReturn.Success ? celsius : null,
            PowerW = hasPower == NvmlReturn.Success ? milliwatts / 1000.0 : null,
            EccErrors = EccErrors,
            Xid = Xid,
        };
        return Judge(hasUtilization, hasMemory, hasTemperature, hasPower);
    }

    /// <summary>Whether a result means that the card does not answer any more.</summary>
    public static bool IsLost(NvmlReturn result) => result is NvmlReturn.GpuIsLost or NvmlReturn.ResetRequired or NvmlReturn.GpuNotFound;

    private static NvmlReturn Judge(params ReadOnlySpan<NvmlReturn> results)
    {
        var worst = NvmlReturn.NotSupported;
        var answers = false;
        foreach (var result in results)
        {
            if (IsLost(result))
            {
                return result;
            }

            answers |= result is NvmlReturn.Success;
            worst = result is NvmlReturn.Success or NvmlReturn.NotSupported or NvmlReturn.FunctionNotFound ? worst : result;
        }

        // A card that supports nothing still is one.
        return answers || worst == NvmlReturn.NotSupported ? NvmlReturn.Success : worst;
    }
}
