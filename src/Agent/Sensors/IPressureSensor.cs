namespace Opsen.Agent.Sensors;

/// <summary>Reads for how long programs have waited for a resource.</summary>
internal interface IPressureSensor : IDisposable
{
    /// <summary>Reads the present totals.</summary>
    /// <returns>False when the system does not tell.</returns>
    bool TryRead(out PressureReading reading);
}

/// <summary>Time, since the host started, in which at least one program waited for a resource.</summary>
/// <param name="CpuMicroseconds">For a core.</param>
/// <param name="MemoryMicroseconds">For memory.</param>
/// <param name="IoMicroseconds">For a disk.</param>
internal readonly record struct PressureReading(long CpuMicroseconds, long MemoryMicroseconds, long IoMicroseconds);

/// <summary>The sensor of systems without such counters.</summary>
internal sealed class NoPressure : IPressureSensor
{
    /// <inheritdoc/>
    public bool TryRead(out PressureReading reading)
    {
        reading = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
