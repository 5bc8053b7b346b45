using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Sensors.Windows;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Sensors;

/// <summary>The sensors of the operating system that the agent runs on.</summary>
/// <param name="Cpu">Cores.</param>
/// <param name="Memory">Memory.</param>
/// <param name="Disk">The file system of <c>disk_path</c>.</param>
internal sealed record HostSensors(ICpuSensor Cpu, IMemorySensor Memory, IDiskSensor Disk)
{
    /// <summary>Makes them; null on a system that is neither Linux nor Windows.</summary>
    public static HostSensors? Create(AgentOptions options, HostPaths paths)
    {
        if (OperatingSystem.IsLinux())
        {
            return new HostSensors(new ProcStatSensor(paths), new ProcMeminfoSensor(paths), new StatvfsDiskSensor(paths, options.DiskPath));
        }

        return OperatingSystem.IsWindows()
            ? new HostSensors(new WindowsCpuSensor(), new WindowsMemorySensor(), new WindowsDiskSensor(options.DiskPath))
            : null;
    }
}
