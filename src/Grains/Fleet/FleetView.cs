using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Grains.Fleet;

/// <summary>A read-only copy of a pool's fleet, kept up to date by a <see cref="FleetPoller"/>. Any number of readers, one writer.</summary>
public sealed class FleetView(string pool)
{
    private readonly ConcurrentDictionary<string, FleetEntry> _entries = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FrozenDictionary<string, int> _tierIndexes = FrozenDictionary<string, int>.Empty;

    /// <summary>The pool.</summary>
    public string Pool { get; } = pool;

    /// <summary>The hosts.</summary>
    public IEnumerable<FleetEntry> Entries => _entries.Select(pair => pair.Value);

    /// <summary>The tiers by which the index decides; empty until the first copy has arrived.</summary>
    public ImmutableArray<TierSpec> Tiers { get; private set; } = [];

    /// <summary>Whether the pool is in panic, so that routing ignores health.</summary>
    public bool IsPanic { get; private set; }

    /// <summary>Tells, by the poller's thread, that a session was ended: its sticky id and the version of that.</summary>
    public event Action<string, long>? SessionEnded;

    /// <summary>Tells, by the poller's thread, what changed; the view shows it already. Handlers must be quick and must not throw.</summary>
    public event Action<FleetChanges>? Applied;

    /// <summary>Completes when the first copy has arrived.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The epoch of the index that the copy comes from; 0 before the first copy.</summary>
    public long Epoch { get; private set; }

    /// <summary>The copy's version; grows with every change, also from one index to the next.</summary>
    public long Version { get; private set; }

    /// <summary>The host with this id, or null.</summary>
    public FleetEntry? Find(string clientId) => _entries.GetValueOrDefault(clientId);

    /// <summary>The number of a tier in <see cref="Tiers"/>, or -1.</summary>
    public int FindTier(string name) => _tierIndexes.GetValueOrDefault(name, -1);

    /// <summary>Applies one step of the feed. Only the poller calls it. False when the step comes from a superseded index and is ignored.</summary>
    internal bool Apply(FleetChanges changes)
    {
        if (changes.Epoch < Epoch)
        {
            return false;
        }

        if (changes.IsFull)
        {
            StartOver(changes);
        }

        // Before what changed: a host that went and came back within one step stands in both.
        foreach (var clientId in changes.Removed)
        {
            Remove(clientId);
        }

        foreach (var host in changes.Changed)
        {
            if (_entries.TryGetValue(host.Snapshot.ClientId, out var entry))
            {
                entry.Host = host;
            }
            else
            {
                _entries[host.Snapshot.ClientId] = new FleetEntry(host);
            }
        }

        foreach (var stickyId in changes.EndedSessions)
        {
            SessionEnded?.Invoke(stickyId, changes.Version);
        }

        IsPanic = changes.IsPanic;
        Epoch = changes.Epoch;
        Version = changes.Version;
        Applied?.Invoke(changes);
        _ready.TrySetResult();
        return true;
    }

    /// <summary>A full copy may come from another index, which knows nothing of what the one before it had published, and leaves out which sessions have
    /// ended: no entry that a cache holds may survive it.</summary>
    private void StartOver(FleetChanges changes)
    {
        foreach (var clientId in _entries.Keys)
        {
            Remove(clientId);
        }

        if (changes.Tiers is { } tiers)
        {
            Tiers = tiers;
            _tierIndexes = tiers.Select((tier, index) => KeyValuePair.Create(tier.Name, index)).ToFrozenDictionary(StringComparer.Ordinal);
        }
    }

    private void Remove(string clientId)
    {
        if (_entries.TryRemove(clientId, out var entry))
        {
            entry.IsGone = true;
        }
    }
}
