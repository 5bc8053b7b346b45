using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opsen.Agent.Sensors.Windows;

/// <summary>The Win32 and native calls of the Windows sensors.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class NativeMethods
{
    /// <summary><c>SystemProcessorPerformanceInformation</c>.</summary>
    public const int ProcessorPerformanceInformation = 8;

    /// <summary>Processor times of one processor group; the input is the group's number. Returns an NTSTATUS, 0 on success.</summary>
    [LibraryImport("ntdll.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int NtQuerySystemInformationEx(
        int informationClass, ushort* group, uint groupLength, ProcessorPerformance* buffer, uint bufferLength, out uint returnedLength);

    /// <summary>Number of processor groups; a group has at most 64 logical processors.</summary>
    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial ushort GetActiveProcessorGroupCount();

    /// <summary>Fills <paramref name="status"/>, whose length field the caller sets.</summary>
    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GlobalMemoryStatusEx(ref MemoryStatus status);

    /// <summary>Sizes of the volume that holds a directory, mount points included; sets the last error.</summary>
    [LibraryImport("kernel32.dll", EntryPoint = "GetDiskFreeSpaceExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetDiskFreeSpaceEx(string directory, out ulong availableToCaller, out ulong total, out ulong free);

    /// <summary><c>SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION</c>: 48 bytes a processor, times in 100 ns.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ProcessorPerformance
    {
        /// <summary>Idle time.</summary>
        public long IdleTime;

        /// <summary>Kernel time, idle time included.</summary>
        public long KernelTime;

        /// <summary>User time.</summary>
        public long UserTime;

        /// <summary>Time in deferred procedure calls.</summary>
        public long DpcTime;

        /// <summary>Time in interrupts.</summary>
        public long InterruptTime;

        /// <summary>Number of interrupts.</summary>
        public uint InterruptCount;
    }

    /// <summary><c>MEMORYSTATUSEX</c>: 64 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MemoryStatus
    {
        /// <summary>Size of this structure, bytes.</summary>
        public uint Length;

        /// <summary>Physical memory in use, percent.</summary>
        public uint MemoryLoad;

        /// <summary>Physical memory, bytes.</summary>
        public ulong TotalPhys;

        /// <summary>Physical memory available, bytes.</summary>
        public ulong AvailPhys;

        /// <summary>Commit limit, bytes.</summary>
        public ulong TotalPageFile;

        /// <summary>What may still be committed, bytes.</summary>
        public ulong AvailPageFile;

        /// <summary>Address space of this process, bytes.</summary>
        public ulong TotalVirtual;

        /// <summary>Free address space of this process, bytes.</summary>
        public ulong AvailVirtual;

        /// <summary>Always 0.</summary>
        public ulong AvailExtendedVirtual;
    }
}
