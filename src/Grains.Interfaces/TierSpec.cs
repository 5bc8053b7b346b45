namespace Opsen.Grains.Interfaces;

/// <summary>What one session of a tier needs.</summary>
[GenerateSerializer, Immutable, Alias("opsen.TierSpec")]
public sealed record TierSpec
{
    /// <summary>Name that requests ask for.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Cores; may be 0.</summary>
    [Id(1)]
    public int Vcpu { get; init; }

    /// <summary>Memory, GB.</summary>
    [Id(2)]
    public double MemoryGb { get; init; }

    /// <summary>Disk, GB.</summary>
    [Id(3)]
    public double StorageGb { get; init; }

    /// <summary>GPU cards; 0 for none.</summary>
    [Id(4)]
    public int Gpu { get; init; }

    /// <summary>VRAM that those cards must have free together, GB.</summary>
    [Id(5)]
    public double GpuMemoryGb { get; init; }

    /// <summary>Whether the gateway gives a reservation back when the response has ended for which it was made (requests without a session).</summary>
    [Id(6)]
    public bool EndsWithRequest { get; init; }

    /// <summary>How long a request waits for room when there is none; zero = not at all.</summary>
    [Id(7)]
    public TimeSpan MaxWait { get; init; }
}
