#if LIBRE_HARDWARE_MONITOR
using LibreHardwareMonitor.Hardware;
#endif
using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors.Drm;
#if LIBRE_HARDWARE_MONITOR
using Opsen.Agent.Sensors.LibreHardware;
#endif
using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Sensors.Nvidia;
using Opsen.Agent.Sensors.Windows;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Sensors;

/// <summary>The sensors of the operating system that the agent runs on.</summary>
/// <param name="Cpu">Cores.</param>
/// <param name="Memory">Memory.</param>
/// <param name="Disk">The file system of <c>disk_path</c>.</param>
/// <param name="Pressure">How long programs wait.</param>
internal sealed record HostSensors(ICpuSensor Cpu, IMemorySensor Memory, IDiskSensor Disk, IPressureSensor Pressure)
{
    /// <summary>Makes them; null on a system that is neither Linux nor Windows.</summary>
    public static HostSensors? Create(AgentOptions options, HostPaths paths)
    {
        if (OperatingSystem.IsLinux())
        {
            var cpu = new ProcStatSensor(paths);
            var memory = new ProcMeminfoSensor(paths);
            var disk = new StatvfsDiskSensor(paths, options.DiskPath);
            var pressure = new ProcPressureSensor(paths);
            return paths.IsOnlyContainer && Cgroup.Find(paths) is { } cgroup
                ? new HostSensors(new CgroupCpuSensor(cgroup, cpu, TimeProvider.System), new CgroupMemorySensor(cgroup, memory), disk, pressure)
                : new HostSensors(cpu, memory, disk, pressure);
        }

        return OperatingSystem.IsWindows()
            ? new HostSensors(new WindowsCpuSensor(), new WindowsMemorySensor(), new WindowsDiskSensor(options.DiskPath), new NoPressure())
            : null;
    }

    /// <summary>Makes the sensors of all vendors' cards.</summary>
    public static IGpuSensor CreateGpus(HostPaths paths, TimeProvider time, ILoggerFactory loggers)
    {
        var nvidia = new NvmlGpuSensor(NvmlLibrary.UsualPaths, NvmlGpuSensor.KernelCards, time, loggers.CreateLogger<NvmlGpuSensor>());
        return OperatingSystem.IsLinux()
            ? new GpuSensors(
            [
                nvidia,
                new DrmGpuSensor(DrmGpuSensor.Amd, paths, time, loggers.CreateLogger<DrmGpuSensor>()),
                new DrmGpuSensor(DrmGpuSensor.Intel, paths, time, loggers.CreateLogger<DrmGpuSensor>()),
            ])
            : CreateForWindows(nvidia, time, loggers);
    }

#if LIBRE_HARDWARE_MONITOR
    private static GpuSensors CreateForWindows(IGpuSensor nvidia, TimeProvider time, ILoggerFactory loggers)
    {
        return new GpuSensors([nvidia, OfVendor(HardwareType.GpuAmd), OfVendor(HardwareType.GpuIntel)]);

        LibreHardwareGpuSensor OfVendor(HardwareType vendor) =>
            new(new Computer { IsGpuEnabled = true }, vendor, time, loggers.CreateLogger<LibreHardwareGpuSensor>());
    }
#else
    private static IGpuSensor CreateForWindows(IGpuSensor nvidia, TimeProvider time, ILoggerFactory loggers)
    {
        _ = (time, loggers);
        return nvidia;
    }
#endif
}
