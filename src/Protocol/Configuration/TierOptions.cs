namespace Opsen.Protocol.Configuration;

/// <summary>What one session of a tier needs (an entry of <c>tiers</c>).</summary>
public sealed record TierOptions
{
    /// <summary>Name that requests ask for.</summary>
    public required string Name { get; init; }

    /// <summary>Cores.</summary>
    public int Vcpu { get; init; }

    /// <summary>Memory, GB.</summary>
    public double MemoryGb { get; init; }

    /// <summary>Disk, GB.</summary>
    public double StorageGb { get; init; }

    /// <summary>GPU cards; 0 for none.</summary>
    public int Gpu { get; init; }

    /// <summary>VRAM that those cards must have free together, GB.</summary>
    public double GpuMemoryGb { get; init; }

    /// <summary>The tiers that apply when the file names none.</summary>
    public static IReadOnlyList<TierOptions> Defaults { get; } =
    [
        new() { Name = "free", Vcpu = 1, MemoryGb = 1, StorageGb = 0 },
        new() { Name = "lite", Vcpu = 1, MemoryGb = 1, StorageGb = 5 },
        new() { Name = "pro-standard", Vcpu = 2, MemoryGb = 4, StorageGb = 20 },
        new() { Name = "pro-turbo", Vcpu = 4, MemoryGb = 8, StorageGb = 30 },
        new() { Name = "pro-max", Vcpu = 8, MemoryGb = 16, StorageGb = 40 },
    ];
}
