using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>What one session of a tier takes, in the units the ledger counts in.</summary>
internal readonly struct TierNeed(TierSpec tier)
{
    /// <summary>Cores.</summary>
    public readonly int Vcpu = Math.Max(0, tier.Vcpu);

    /// <summary>Memory, kB.</summary>
    public readonly long Memory = Math.Max(0, Quantity.FromGb(tier.MemoryGb));

    /// <summary>Disk, kB.</summary>
    public readonly long Disk = Math.Max(0, Quantity.FromGb(tier.StorageGb));

    /// <summary>GPU cards.</summary>
    public readonly int Cards = Math.Max(0, tier.Gpu);

    /// <summary>VRAM that those cards must have free together, kB.</summary>
    public readonly long Vram = Math.Max(0, Quantity.FromGb(tier.GpuMemoryGb));
}
