using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opsen.Agent.Sensors.Windows;

/// <summary>Reads a volume with <c>GetDiskFreeSpaceEx</c>, which takes directories that are mount points; <see cref="DriveInfo"/> takes drive letters
/// only.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsDiskSensor(string diskPath) : IDiskSensor
{
    /// <inheritdoc/>
    public string Path { get; } = System.IO.Path.GetFullPath(diskPath);

    /// <inheritdoc/>
    public bool TryRead(out DiskReading reading, out string? error)
    {
        if (NativeMethods.GetDiskFreeSpaceEx(Path, out var available, out var total, out var free) && total > 0)
        {
            reading = new DiskReading((long)total, (long)free, (long)available);
            error = null;
            return true;
        }

        reading = default;
        error = Marshal.GetLastPInvokeErrorMessage();
        return false;
    }
}
