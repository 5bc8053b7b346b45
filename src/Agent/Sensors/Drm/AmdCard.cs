using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Sensors.Drm;

/// <summary>A card of AMD's driver <c>amdgpu</c>.</summary>
internal sealed class AmdCard : DrmCard
{
    private readonly NumberFile? _busy;
    private readonly NumberFile? _total;
    private readonly NumberFile? _used;

    /// <summary>Opens its files.</summary>
    public AmdCard(string folder, GpuIdentity identity)
        : base(folder, identity)
    {
        _busy = Open(Path.Join(Device, "gpu_busy_percent"));
        _total = Open(Path.Join(Device, "mem_info_vram_total"));
        _used = Open(Path.Join(Device, "mem_info_vram_used"));
    }

    /// <inheritdoc/>
    public override GpuReading Read(double now)
    {
        var total = _total?.Read() is { } bytes and > 0 ? bytes : (long?)null;
        if (IsSuspended())
        {
            // It sleeps because nothing uses it.
            return new GpuReading(Identity) { UtilizationPct = 0, MemoryTotalBytes = total, MemoryUsedBytes = total is null ? null : 0 };
        }

        var used = _used?.Read();
        return WithSensors(new GpuReading(Identity)
        {
            UtilizationPct = _busy?.Read() is { } busy and >= 0 and <= 100 ? busy : null,
            MemoryTotalBytes = total,
            MemoryUsedBytes = total is { } whole && used is { } part ? Math.Clamp(part, 0, whole) : null,
        });
    }
}
