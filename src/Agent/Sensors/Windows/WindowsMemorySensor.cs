using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Opsen.Agent.Sensors.Windows;

/// <summary>Reads physical memory with <c>GlobalMemoryStatusEx</c>.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsMemorySensor : IMemorySensor
{
    /// <inheritdoc/>
    public bool TryRead(out MemoryReading reading)
    {
        var status = new NativeMethods.MemoryStatus { Length = (uint)Unsafe.SizeOf<NativeMethods.MemoryStatus>() };
        var read = NativeMethods.GlobalMemoryStatusEx(ref status) && status.TotalPhys > 0;
        reading = read ? new MemoryReading((long)status.TotalPhys, (long)Math.Min(status.AvailPhys, status.TotalPhys)) : default;
        return read;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
