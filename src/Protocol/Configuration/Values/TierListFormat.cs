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
    protected override TierOptions Build(TierDraft draft) => new()
    {
        Name = draft.Name!,
        Vcpu = draft.Vcpu,
        MemoryGb = draft.MemoryGb,
        StorageGb = draft.StorageGb,
        Gpu = draft.Gpu,
        GpuMemoryGb = draft.GpuMemoryGb,
        Reservation = draft.Reservation,
    };
}
