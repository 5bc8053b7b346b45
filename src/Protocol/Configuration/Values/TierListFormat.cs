using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>tiers</c>.</summary>
internal sealed class TierListFormat() : RecordListFormat<TierDraft, TierOptions>(TierKeys.Table, 64, "{name: small, vcpu: 1, memory_gb: 1, storage_gb: 5}")
{
    /// <inheritdoc/>
    protected override (string Key, string Message)? Problem(TierDraft draft, IReadOnlyList<TierOptions> earlier) =>
        draft.Name is null ? ("name", $"is missing; allowed: {TextFormats.Name.Allowed}")
        : draft is { GpuMemoryGb: > 0, Gpu: 0 } ? ("gpu_memory_gb", "needs a GPU; set gpu to 1 or more, or remove gpu_memory_gb")
        : earlier.Any(tier => tier.Name == draft.Name) ? ("name", $"'{draft.Name}' is the name of an earlier tier; each name is allowed once")
        : null;

    /// <inheritdoc/>
    protected override TierDraft ToDraft(TierOptions record) => new()
    {
        Name = record.Name,
        Vcpu = record.Vcpu,
        MemoryGb = record.MemoryGb,
        StorageGb = record.StorageGb,
        Gpu = record.Gpu,
        GpuMemoryGb = record.GpuMemoryGb,
        Reservation = record.Reservation,
        MaxWaitSeconds = record.MaxWaitSeconds,
    };

    /// <inheritdoc/>
    protected override TierOptions Build(TierDraft draft) => new()
    {
        Name = draft.Name!,
        Vcpu = draft.Vcpu,
        MemoryGb = draft.MemoryGb,
        StorageGb = draft.StorageGb,
        Gpu = draft.Gpu,
        GpuMemoryGb = draft.GpuMemoryGb,
        Reservation = draft.Reservation,
        MaxWaitSeconds = draft.MaxWaitSeconds,
    };
}

/// <summary>An entry of <c>tiers</c> while it is read.</summary>
internal sealed class TierDraft
{
    public string? Name { get; set; }

    public int Vcpu { get; set; }

    public double MemoryGb { get; set; }

    public double StorageGb { get; set; }

    public int Gpu { get; set; }

    public double GpuMemoryGb { get; set; }

    public TierReservation Reservation { get; set; }

    public int MaxWaitSeconds { get; set; }
}

/// <summary>The keys of an entry of <c>tiers</c>.</summary>
internal static class TierKeys
{
    /// <summary>Largest amount of memory or disk that makes sense, GB.</summary>
    private const double MaxGb = 1_000_000;

    /// <summary>The keys.</summary>
    public static KeyTable<TierDraft> Table { get; } = new()
    {
        { "name", TextFormats.Name, t => t.Name ?? "", (t, v) => t.Name = v },
        { "vcpu", new IntegerFormat<int>(0, 4096), t => t.Vcpu, (t, v) => t.Vcpu = v },
        { "memory_gb", new NumberFormat(0, MaxGb), t => t.MemoryGb, (t, v) => t.MemoryGb = v },
        { "storage_gb", new NumberFormat(0, MaxGb), t => t.StorageGb, (t, v) => t.StorageGb = v },
        { "gpu", new IntegerFormat<int>(0, 64), t => t.Gpu, (t, v) => t.Gpu = v },
        { "gpu_memory_gb", new NumberFormat(0, MaxGb), t => t.GpuMemoryGb, (t, v) => t.GpuMemoryGb = v },
        { "reservation", new ChoiceFormat<TierReservation>(), t => t.Reservation, (t, v) => t.Reservation = v },
        { "max_wait_seconds", new IntegerFormat<int>(0, 86_400, "0 for none"), t => t.MaxWaitSeconds, (t, v) => t.MaxWaitSeconds = v },
    };
}
