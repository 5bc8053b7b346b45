using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>tiers</c>.</summary>
internal sealed class TierListFormat() : RecordListFormat<TierDraft, TierOptions>(TierKeys.Table, 64, "{name: small, vcpu: 1, memory_gb: 1, storage_gb: 5}")
{
    /// <inheritdoc/>
    protected override bool TryBuild(TierDraft draft, Origin origin, ReadContext context, [MaybeNullWhen(false)] out TierOptions record)
    {
        record = null;
        if (draft.Name is not { } name)
        {
            context.Member("name").Fail(origin, $"is missing; allowed: {TextFormats.Name.Allowed}");
            return false;
        }

        if (draft is { GpuMemoryGb: > 0, Gpu: 0 })
        {
            context.Member("gpu_memory_gb").Fail(origin, "needs a GPU; set gpu to 1 or more, or remove gpu_memory_gb");
            return false;
        }

        record = new TierOptions
        {
            Name = name,
            Vcpu = draft.Vcpu,
            MemoryGb = draft.MemoryGb,
            StorageGb = draft.StorageGb,
            Gpu = draft.Gpu,
            GpuMemoryGb = draft.GpuMemoryGb,
        };
        return true;
    }

    /// <inheritdoc/>
    protected override void CheckAgainst(IReadOnlyList<TierOptions> earlier, TierOptions record, Origin origin, ReadContext context)
    {
        if (earlier.Any(tier => tier.Name == record.Name))
        {
            context.Member("name").Fail(origin, $"'{record.Name}' is the name of an earlier tier; each name is allowed once");
        }
    }
}
