using Opsen.Grains.Interfaces;

namespace Opsen.Grains.Placement;

/// <summary>What one session of a tier takes, in the units the ledger counts in.</summary>
/// <param name="vcpu">Cores.</param>
/// <param name="memory">Memory, kB.</param>
/// <param name="disk">Disk, kB.</param>
/// <param name="cards">GPU cards.</param>
/// <param name="vram">VRAM that those cards must have free together, kB.</param>
internal readonly struct TierNeed(int vcpu, long memory, long disk, int cards, long vram) : IEquatable<TierNeed>
{
    /// <summary>Cores.</summary>
    public readonly int Vcpu = Math.Max(0, vcpu);

    /// <summary>Memory, kB.</summary>
    public readonly long Memory = Math.Max(0, memory);

    /// <summary>Disk, kB.</summary>
    public readonly long Disk = Math.Max(0, disk);

    /// <summary>GPU cards.</summary>
    public readonly int Cards = Math.Max(0, cards);

    /// <summary>VRAM that those cards must have free together, kB.</summary>
    public readonly long Vram = Math.Max(0, vram);

    /// <summary>What a configured tier takes.</summary>
    public TierNeed(TierSpec tier)
        : this(tier.Vcpu, Quantity.FromGb(tier.MemoryGb), Quantity.FromGb(tier.StorageGb), tier.Gpu, Quantity.FromGb(tier.GpuMemoryGb))
    {
    }

    /// <inheritdoc/>
    public bool Equals(TierNeed other) =>
        Vcpu == other.Vcpu && Memory == other.Memory && Disk == other.Disk && Cards == other.Cards && Vram == other.Vram;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TierNeed other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Vcpu, Memory, Disk, Cards, Vram);
}
