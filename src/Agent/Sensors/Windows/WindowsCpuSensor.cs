using System.Runtime.Versioning;

namespace Opsen.Agent.Sensors.Windows;

/// <summary>
/// Reads the processors' times group by group, in 100 ns. The call without a group sees only the group of the calling thread, which changes.
/// Cores are numbered through the groups in order.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsCpuSensor : ICpuSensor
{
    private const int MaxProcessorsInGroup = 64;

    private readonly NativeMethods.ProcessorPerformance[] _buffer = new NativeMethods.ProcessorPerformance[MaxProcessorsInGroup];

    /// <inheritdoc/>
    public double UnitsPerSecond => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public bool TryRead(CoreCounters counters)
    {
        counters.Clear();
        var groups = NativeMethods.GetActiveProcessorGroupCount();
        for (ushort group = 0; group < groups; group++)
        {
            if (!TryReadGroup(group, counters))
            {
                counters.Clear();
                return false;
            }
        }

        return counters.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private bool TryReadGroup(ushort group, CoreCounters counters)
    {
        fixed (NativeMethods.ProcessorPerformance* buffer = _buffer)
        {
            var size = (uint)(_buffer.Length * sizeof(NativeMethods.ProcessorPerformance));
            var status = NativeMethods.NtQuerySystemInformationEx(
                NativeMethods.ProcessorPerformanceInformation, &group, sizeof(ushort), buffer, size, out var returned);
            if (status != 0)
            {
                return false;
            }

            foreach (ref readonly var core in _buffer.AsSpan(0, (int)(returned / sizeof(NativeMethods.ProcessorPerformance))))
            {
                // Windows 11 22H2 reports more idle time than has passed; the window clamps the result.
                counters.Add(new CoreCounter(counters.Count, core.KernelTime + core.UserTime - core.IdleTime, core.IdleTime));
            }

            return true;
        }
    }
}
