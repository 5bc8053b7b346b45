using System.Collections.Concurrent;
using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Fleet;

/// <summary>A read-only copy of a pool's fleet, kept up to date by the index's change feed. Safe for any number of readers.</summary>
public sealed class FleetView(string pool)
{
    private readonly ConcurrentDictionary<string, FleetEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>The pool.</summary>
    public string Pool { get; } = pool;

    /// <summary>The hosts.</summary>
    public IEnumerable<FleetEntry> Entries => _entries.Select(pair => pair.Value);

    /// <summary>The tiers by which the index decides; empty until the first copy has arrived.</summary>
    public ImmutableArray<TierSpec> Tiers { get; private set; } = [];

    /// <summary>The host with this id, or null.</summary>
    public FleetEntry? Find(string clientId) => _entries.GetValueOrDefault(clientId);
}
