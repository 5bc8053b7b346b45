using System.Runtime.InteropServices;

namespace Opsen.Agent.Sensors.Linux;

/// <summary>Reads the file system of any path with statvfs(3). <see cref="DriveInfo"/> multiplies by the wrong one of its two block sizes.</summary>
internal sealed unsafe partial class StatvfsDiskSensor(HostPaths paths, string diskPath) : IDiskSensor
{
    // struct statvfs begins with f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, 8 bytes each on 64-bit systems, and has 112 bytes.
    private const int StatvfsWords = 32;

    /// <inheritdoc/>
    public string Path => paths.OnHost(diskPath);

    /// <inheritdoc/>
    public bool TryRead(out DiskReading reading, out string? error)
    {
        reading = default;
        var words = stackalloc ulong[StatvfsWords];
        if (Statvfs(Path, words) != 0)
        {
            error = Marshal.GetLastPInvokeErrorMessage();
            return false;
        }

        // Some file systems leave f_frsize out.
        reading = DiskReading.FromBlocks(words[1] > 0 ? words[1] : words[0], words[2], words[3], words[4]);
        error = reading.TotalBytes > 0 ? null : "the file system has no size";
        return error is null;
    }

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statvfs(string path, ulong* buffer);
}
