using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Sensors.Drm;

/// <summary>
/// A card of Intel's drivers <c>i915</c> and <c>xe</c>. They have no file for utilization: it is the share of time in which the card's engines were not in
/// their idle state (RC6), which is coarse. How much VRAM is used only some versions of <c>i915</c> tell.
/// </summary>
internal sealed class IntelCard : DrmCard
{
    private const double Microjoules = 1e6;

    private readonly NumberFile? _idle;
    private readonly NumberFile? _total;
    private readonly NumberFile? _available;
    private readonly NumberFile? _energy;
    private (double At, long? IdleMs, long? Energy) _last;

    /// <summary>Opens its files.</summary>
    public IntelCard(string folder, GpuIdentity identity)
        : base(folder, identity)
    {
        _idle = Open(Path.Join(folder, "gt", "gt0", "rc6_residency_ms"), Path.Join(Device, "tile0", "gt0", "gtidle", "idle_residency_ms"));
        _total = Open(Path.Join(folder, "lmem_total_bytes"), Path.Join(Device, "lmem_total_bytes"));
        _available = Open(Path.Join(folder, "lmem_avail_bytes"), Path.Join(Device, "lmem_avail_bytes"));
        _energy = Open(HwmonFiles("energy1_input"));
    }

    /// <inheritdoc/>
    public override GpuReading Read(double now)
    {
        var total = _total?.Read() is { } bytes and > 0 ? bytes : (long?)null;
        var available = _available?.Read();
        var reading = new GpuReading(Identity)
        {
            MemoryTotalBytes = total,
            MemoryUsedBytes = total is { } whole && available is { } free ? Math.Clamp(whole - free, 0, whole) : null,
        };
        if (IsSuspended())
        {
            return reading with { UtilizationPct = 0 };
        }

        var (before, idle, energy) = _last;
        _last = (now, _idle?.Read(), _energy?.Read());
        var seconds = now - before;
        reading = WithSensors(reading);
        return before <= 0 || seconds <= 0 ? reading : reading with
        {
            UtilizationPct = _last.IdleMs - idle is { } idleMs and >= 0 ? Math.Clamp(100 * (1 - (idleMs / (seconds * 1000))), 0, 100) : null,
            PowerW = reading.PowerW ?? (_last.Energy - energy is { } used and >= 0 ? used / Microjoules / seconds : null),
        };
    }
}
