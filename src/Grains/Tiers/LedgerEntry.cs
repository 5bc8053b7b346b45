using System.Collections.Immutable;

namespace Opsen.Grains.Tiers;

/// <summary>What happened to a pool's reservations since the entry before. Entries may be read in any order: of one reservation the latest end counts, and
/// one that has ended never comes back.</summary>
public sealed record LedgerEntry
{
    /// <summary>When it was written, by the silo's clock.</summary>
    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>When nothing in it can matter any more, by the silo's clock.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>Reservations granted or renewed.</summary>
    public ImmutableArray<StoredReservation> Granted { get; init; } = [];

    /// <summary>Reservations that ended before their time.</summary>
    public ImmutableArray<Guid> Ended { get; init; } = [];
}

/// <summary>One reservation as stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ClientId">The host.</param>
/// <param name="Tier">The tier's name: numbers change when the configuration does.</param>
/// <param name="StickyId">The session, or null.</param>
/// <param name="GpuIds">Cards it holds.</param>
/// <param name="ExpiresAt">When it ends, by the silo's clock.</param>
/// <param name="Need">What it holds, whatever becomes of the tier: cores, memory (kB), disk (kB) and VRAM (kB); default where an older version did not store
/// it.</param>
public sealed record StoredReservation(
    Guid Id, string ClientId, string Tier, string? StickyId, ImmutableArray<int> GpuIds, DateTimeOffset ExpiresAt, ImmutableArray<long> Need = default);
