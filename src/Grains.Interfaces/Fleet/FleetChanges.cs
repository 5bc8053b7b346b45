using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Interfaces.Fleet;

/// <summary>A step from one version of the fleet to a later one.</summary>
[GenerateSerializer, Immutable, Alias("opsen.FleetChanges")]
public sealed record FleetChanges
{
    /// <summary>The epoch of the index that says so. What an index of a lower one says counts no more.</summary>
    [Id(0)]
    public required long Epoch { get; init; }

    /// <summary>The version that the receiver has after this step; higher than every version of a lower epoch.</summary>
    [Id(1)]
    public required long Version { get; init; }

    /// <summary>Whether <see cref="Changed"/> is the whole fleet.</summary>
    [Id(2)]
    public required bool IsFull { get; init; }

    /// <summary>Hosts that are new or different.</summary>
    [Id(3)]
    public required ImmutableArray<FleetHost> Changed { get; init; }

    /// <summary>Client ids of hosts that went.</summary>
    [Id(4)]
    public required ImmutableArray<string> Removed { get; init; }

    /// <summary>Sticky ids of sessions that were ended, or of which something changed that gateways remember; none in a full copy, which makes everything void
    /// that was known of sessions.</summary>
    [Id(6)]
    public ImmutableArray<string> EndedSessions { get; init; } = [];

    /// <summary>The tiers by which the index decides; only in a full copy.</summary>
    [Id(5)]
    public ImmutableArray<TierSpec>? Tiers { get; init; }

    /// <summary>Whether the pool is in panic: so many hosts are unhealthy that routing ignores health (<see cref="HostSnapshot.IgnoresHealth"/>).</summary>
    [Id(20)]
    public bool IsPanic { get; init; }
}

/// <summary>A host as the index sees it.</summary>
/// <param name="Snapshot">The host's own state.</param>
/// <param name="SessionEpoch">Grows whenever sessions may have had to leave the host: what was cached of its sessions before must be asked again.</param>
/// <param name="OverloadedTiers">Bit i is set while tier i has not fitted for two reports in a row.</param>
[GenerateSerializer, Immutable, Alias("opsen.FleetHost")]
public sealed record FleetHost([property: Id(0)] HostSnapshot Snapshot, [property: Id(1)] long SessionEpoch, [property: Id(2)] ulong OverloadedTiers);
