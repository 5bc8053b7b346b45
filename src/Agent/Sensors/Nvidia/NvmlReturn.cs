namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>The results of NVML calls that matter here (<c>nvmlReturn_t</c>).</summary>
internal enum NvmlReturn
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>The library was not initialised, or was shut down.</summary>
    Uninitialized = 1,

    /// <summary>This card cannot do it.</summary>
    NotSupported = 3,

    /// <summary>The driver is not loaded.</summary>
    DriverNotLoaded = 9,

    /// <summary>The driver's library lacks the function; also used here for one that was not exported.</summary>
    FunctionNotFound = 13,

    /// <summary>The card fell off the bus.</summary>
    GpuIsLost = 15,

    /// <summary>The card does nothing until it is reset.</summary>
    ResetRequired = 16,

    /// <summary>Kernel module and library are of different versions: after an upgrade, until the next start of the host.</summary>
    LibRmVersionMismatch = 18,

    /// <summary>The library and this program disagree on a structure's version.</summary>
    ArgumentVersionMismatch = 25,

    /// <summary>There is no such card any more.</summary>
    GpuNotFound = 28,

    /// <summary>An internal error of the driver.</summary>
    Unknown = 999,
}
