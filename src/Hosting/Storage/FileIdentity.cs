using System.Runtime.InteropServices;

namespace Opsen.Hosting.Storage;

/// <summary>Which file stands at a path: a file that is deleted and made anew, or replaced, has another identity.</summary>
/// <param name="DeviceMajor">Number of the file system's driver.</param>
/// <param name="DeviceMinor">Number of the file system there.</param>
/// <param name="Number">The file's number in its file system.</param>
internal readonly partial record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Number)
{
    private const int WorkingDirectory = -100;
    private const uint LinkCountAndNumber = 0x104;

    /// <summary>Whether this system tells files apart. Windows does not, and does not let anyone delete or replace a file that is open.</summary>
    public static bool IsKnown { get; } = Find("/") is not null;

    /// <summary>The identity of the file at a path, symbolic links followed; null when there is none or the system does not tell.</summary>
    public static FileIdentity? Of(string path) => Find(path) is { } status ? new FileIdentity(status.DeviceMajor, status.DeviceMinor, status.Number) : null;

    /// <summary>How many names the file at a path has; 1 when the system does not tell.</summary>
    public static long CountNames(string path) => Find(path)?.LinkCount ?? 1;

    private static Status? Find(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return Statx(WorkingDirectory, path, 0, LinkCountAndNumber, out var status) == 0 ? status : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the system call.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out Status status);

    /// <summary>The kernel's <c>struct statx</c>, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(16)]
        public uint LinkCount;

        [FieldOffset(32)]
        public ulong Number;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
