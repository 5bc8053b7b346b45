using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Orca;

/// <summary>Collects what is used of a load report (the message <c>xds.data.orca.v3.OrcaLoadReport</c>) while it is read, whatever its form.</summary>
internal struct OrcaMetrics
{
    private double? _cpu;
    private double? _memory;
    private double? _gpu;

    /// <summary>What was collected; null when the report says nothing that is used.</summary>
    public readonly UtilizationReport? Report =>
        (_cpu ?? _memory ?? _gpu) is null ? null : new UtilizationReport { Cpu = _cpu, Memory = _memory, Gpu = _gpu };

    /// <summary>Takes a field of the report; false when the value cannot be, or is there twice.</summary>
    /// <param name="name">The field's name, in the spelling of the message or of its JSON form; others are ignored.</param>
    /// <param name="value">Its value. Use over 1 is possible (a soft limit) and means full.</param>
    public bool TryTake(ReadOnlySpan<char> name, double value)
    {
        if (!double.IsFinite(value) || value < 0)
        {
            return false;
        }

        switch (name)
        {
            case "cpu_utilization" or "cpuUtilization":
                return TrySet(ref _cpu, value);
            case "mem_utilization" or "memUtilization":
                return TrySet(ref _memory, value);
            default:
                return true;
        }
    }

    /// <summary>Takes an entry of the maps <c>utilization</c> and <c>named_metrics</c>; false when the value cannot be.
    /// The unit of a named metric is the backend's own, so a GPU's over 1 is no share and is ignored.</summary>
    public bool TryTakeNamed(ReadOnlySpan<char> name, double value)
    {
        if (!double.IsFinite(value))
        {
            return false;
        }

        if (name is "gpu_utilization" or "gpu" && value is >= 0 and <= 1)
        {
            _gpu = Math.Max(_gpu ?? 0, value);
        }

        return true;
    }

    private static bool TrySet(ref double? target, double value)
    {
        var isFirst = target is null;
        target = Math.Min(value, 1);
        return isFirst;
    }
}
