namespace Opsen.Agent.Sensors;

/// <summary>Reads the host's physical memory.</summary>
internal interface IMemorySensor : IDisposable
{
    /// <summary>Reads the present state.</summary>
    /// <returns>False when the system does not tell.</returns>
    bool TryRead(out MemoryReading reading);
}

/// <summary>State of the host's physical memory.</summary>
/// <param name="TotalBytes">Installed memory that the system can use.</param>
/// <param name="AvailableBytes">What a new process could get without swapping.</param>
internal readonly record struct MemoryReading(long TotalBytes, long AvailableBytes);
