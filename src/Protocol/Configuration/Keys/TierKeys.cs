using Opsen.Protocol.Configuration.Values;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>An entry of <c>tiers</c> while it is read.</summary>
internal sealed class TierDraft
{
    public string? Name { get; set; }

    public int Vcpu { get; set; }

    public double MemoryGb { get; set; }

    public double StorageGb { get; set; }

    public int Gpu { get; set; }

    public double GpuMemoryGb { get; set; }
}

/// <summary>The keys of an entry of <c>tiers</c>.</summary>
internal static class TierKeys
{
    /// <summary>Largest amount of memory or disk that makes sense, GB.</summary>
    private const double MostGb = 1_000_000;

    /// <summary>The keys.</summary>
    public static KeyTable<TierDraft> Table { get; } = new()
    {
        { "name", TextFormats.Name, t => t.Name ?? "", (t, v) => t.Name = v },
        { "vcpu", new IntegerFormat<int>(0, 4096), t => t.Vcpu, (t, v) => t.Vcpu = v },
        { "memory_gb", new NumberFormat(0, MostGb), t => t.MemoryGb, (t, v) => t.MemoryGb = v },
        { "storage_gb", new NumberFormat(0, MostGb), t => t.StorageGb, (t, v) => t.StorageGb = v },
        { "gpu", new IntegerFormat<int>(0, 64), t => t.Gpu, (t, v) => t.Gpu = v },
        { "gpu_memory_gb", new NumberFormat(0, MostGb), t => t.GpuMemoryGb, (t, v) => t.GpuMemoryGb = v },
    };
}
