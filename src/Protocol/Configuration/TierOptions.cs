namespace Opsen.Protocol.Configuration;

/// <summary>How long a proxied request without a session holds what was reserved for it (<c>reservation</c> of a tier).</summary>
public enum TierReservation
{
    /// <summary>For <c>pending_allocation_timeout_seconds</c>, as if it had begun a session.</summary>
    Session,

    /// <summary>Until its response has ended.</summary>
    Request,
}

/// <summary>What one session of a tier needs (an entry of <c>tiers</c>).</summary>
public sealed record TierOptions
{
    /// <summary>The tier of a proxied request that names none.</summary>
    public const string DefaultName = "lite";

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

    /// <summary>How long a proxied request without a session holds its reservation.</summary>
    public TierReservation Reservation { get; init; }

    /// <summary>How long a request waits when no host has room, seconds; 0 = it is refused at once.</summary>
    public int MaxWaitSeconds { get; init; }

    /// <summary>The tiers that apply when the file names none.</summary>
    public static IReadOnlyList<TierOptions> Defaults { get; } =
    [
        new() { Name = "free", Vcpu = 1, MemoryGb = 1, StorageGb = 0 },
        new() { Name = DefaultName, Vcpu = 1, MemoryGb = 1, StorageGb = 5 },
        new() { Name = "pro-standard", Vcpu = 2, MemoryGb = 4, StorageGb = 20 },
        new() { Name = "pro-turbo", Vcpu = 4, MemoryGb = 8, StorageGb = 30 },
        new() { Name = "pro-max", Vcpu = 8, MemoryGb = 16, StorageGb = 40 },
    ];
}
