using System.Runtime.InteropServices;

namespace Opsen.Agent.Sensors.Nvidia;

/// <summary><c>nvmlUtilization_t</c>: 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlUtilization
{
    /// <summary>Share of time in which a kernel ran, percent.</summary>
    public uint Gpu;

    /// <summary>Share of time in which memory was read or written, percent.</summary>
    public uint Memory;
}

/// <summary><c>nvmlMemory_t</c>: 24 bytes. Here used includes what the driver keeps for itself.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMemory
{
    /// <summary>VRAM, bytes.</summary>
    public ulong Total;

    /// <summary>Free VRAM, bytes.</summary>
    public ulong Free;

    /// <summary>VRAM in use, bytes.</summary>
    public ulong Used;
}

/// <summary><c>nvmlMemory_v2_t</c>: 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMemoryV2
{
    /// <summary>What <see cref="Version"/> must hold: the size and, in the top byte, 2.</summary>
    public const uint CurrentVersion = 40 | (2 << 24);

    /// <summary>Set by the caller.</summary>
    public uint Version;

    /// <summary>VRAM, bytes.</summary>
    public ulong Total;

    /// <summary>What the driver keeps for itself, bytes.</summary>
    public ulong Reserved;

    /// <summary>Free VRAM, bytes.</summary>
    public ulong Free;

    /// <summary>VRAM in use, bytes.</summary>
    public ulong Used;
}

/// <summary><c>nvmlEventData_t</c>: 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlEventData
{
    /// <summary>The card.</summary>
    public nint Device;

    /// <summary>What happened.</summary>
    public ulong Type;

    /// <summary>Number of the Xid error.</summary>
    public ulong Data;

    /// <summary>Instance of a divided card.</summary>
    public uint GpuInstance;

    /// <summary>Compute instance of a divided card.</summary>
    public uint ComputeInstance;
}
