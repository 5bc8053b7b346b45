using System.Collections.Immutable;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Gateway.Routing;

/// <summary>The hosts that this gateway routes to: those of its pools, which it tries in their order.</summary>
internal sealed class GatewayFleet
{
    private volatile bool _hasWaitingRooms;
    private long _changes;
    private volatile CountedFleet? _counted;

    /// <summary>The fleet of these pools.</summary>
    public GatewayFleet(params ImmutableArray<FleetView> pools)
    {
        Pools = pools;
        Ready = pools.Length == 1 ? pools[0].Ready : Task.WhenAll(pools.Select(static pool => pool.Ready));
        Follow(changes =>
        {
            Interlocked.Increment(ref _changes);
            if (changes.Tiers is not null)
            {
                FindWaitingRooms();
            }
        });
        FindWaitingRooms();
    }

    /// <summary>The pools, in their order.</summary>
    public ImmutableArray<FleetView> Pools { get; }

    /// <summary>Completes when every pool's first copy has arrived.</summary>
    public Task Ready { get; }

    /// <summary>The hosts.</summary>
    public IEnumerable<FleetEntry> Entries => Pools.SelectMany(static pool => pool.Entries);

    /// <summary>The tiers by which the indexes decide; empty until a first copy has arrived.</summary>
    public ImmutableArray<TierSpec> Tiers => (Pools.FirstOrDefault(static pool => !pool.Tiers.IsEmpty) ?? Pools[0]).Tiers;

    /// <summary>Whether requests of any tier wait where no host has room.</summary>
    public bool HasWaitingRooms => _hasWaitingRooms;

    /// <summary>Whether a pool is in panic.</summary>
    public bool IsPanic => Pools.Any(static pool => pool.IsPanic);

    /// <summary>How many hosts there are. Counted anew only after a change: who asks often must not cost more the larger the fleet is.</summary>
    public FleetCounts Count()
    {
        // Read before counting: a change in between leaves a count that counts for nothing.
        var changes = Interlocked.Read(ref _changes);
        if (_counted is { } counted && counted.Changes == changes)
        {
            return counted.Counts;
        }

        var (total, active, unhealthy) = (0, 0, 0);
        foreach (var entry in Entries)
        {
            total++;
            active += entry.Snapshot.IsActive ? 1 : 0;
            unhealthy += entry.Snapshot.Health == HealthStatus.Unhealthy ? 1 : 0;
        }

        var counts = new FleetCounts(total, active, unhealthy);
        _counted = new(changes, counts);
        return counts;
    }

    /// <summary>Whether a decision of this pool is one that spilled, because the first pool had no room then.</summary>
    public bool HasSpilled(string pool) => pool.Length > 0 && pool != Pools[0].Pool;

    /// <summary>The host with this id, or null.</summary>
    public FleetEntry? Find(string clientId)
    {
        foreach (var pool in Pools)
        {
            if (pool.Find(clientId) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The tier with this name, or null.</summary>
    public TierSpec? FindTier(string name)
    {
        foreach (var pool in Pools)
        {
            if (pool.FindTier(name) is >= 0 and var tier)
            {
                return pool.Tiers[tier];
            }
        }

        return null;
    }

    /// <summary>Calls for every change of a pool; see <see cref="FleetView.Applied"/>. Pools call at the same time.</summary>
    public void Follow(Action<FleetChanges> handler)
    {
        foreach (var pool in Pools)
        {
            pool.Applied += handler;
        }
    }

    /// <summary>Calls no more.</summary>
    public void Unfollow(Action<FleetChanges> handler)
    {
        foreach (var pool in Pools)
        {
            pool.Applied -= handler;
        }
    }

    private void FindWaitingRooms() => _hasWaitingRooms = Pools.Any(static pool => pool.Tiers.Any(static tier => tier.MaxWait > TimeSpan.Zero));

    private sealed record CountedFleet(long Changes, FleetCounts Counts);
}

/// <summary>How many hosts there are.</summary>
/// <param name="Total">All.</param>
/// <param name="Active">Those that were heard of within <c>stale_minutes</c>.</param>
/// <param name="Unhealthy">Those whose probes fail.</param>
internal sealed record FleetCounts(int Total, int Active, int Unhealthy);
