using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Grains.Fleet;

/// <summary>
/// The index's side of the change feed. Every change gives the fleet a new version; the hosts stand in the order of their last change, so that
/// "what changed after v" is the end of that list. Hosts that went leave a tombstone, and only a bounded number of those is kept.
/// Not thread-safe: it lives inside the index's grain.
/// </summary>
/// <param name="tiers">The tiers by which the index decides.</param>
/// <param name="epoch">The epoch under which it does.</param>
internal sealed class FleetLog(ImmutableArray<TierSpec> tiers, long epoch)
{
    /// <summary>Bits of a version that count changes; the epoch stands above them. So every version of an index is higher than all those of the indexes
    /// before it, and what a gateway remembers of sessions can be compared across them. Enough for 10,000 changes a second in an index that lives for three
    /// years, and for eight million indexes.</summary>
    private const int VersionBits = 40;

    /// <summary>A reader that is further behind than this many removals gets a full copy.</summary>
    private const int MaxTombstones = 4096;

    /// <summary>A reader that is further behind than this many ended sessions gets a full copy.</summary>
    private const int MaxEndedSessions = 4096;

    private readonly Dictionary<string, LinkedListNode<Change>> _nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<Change> _changes = new();
    private readonly Queue<LinkedListNode<Change>> _tombstones = new();
    private readonly Queue<(long Version, string StickyId)> _endedSessions = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _oldestKnown;

    /// <summary>The epoch of the index.</summary>
    public long Epoch { get; } = epoch;

    /// <summary>The fleet's version.</summary>
    public long Version { get; private set; } = epoch << VersionBits;

    /// <summary>Whether the pool is in panic. Its index sets it, and publishes the hosts that it means something for.</summary>
    public bool IsPanic { get; set; }

    /// <summary>Completes at the next change.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Publishes a host's new state.</summary>
    public void Publish(HostSnapshot snapshot, ulong overloadedTiers)
    {
        var previous = Take(snapshot.ClientId);
        Version++;
        var sessionsMayHaveLeft = previous is null
            || (previous.Snapshot.KeepsSessions && !snapshot.KeepsSessions)
            || previous.Snapshot.AffinityEpoch != snapshot.AffinityEpoch
            || (overloadedTiers & ~previous.OverloadedTiers) != 0;
        var host = new FleetHost(snapshot, sessionsMayHaveLeft ? Version : previous!.SessionEpoch, overloadedTiers);
        _nodes[snapshot.ClientId] = _changes.AddLast(new Change(Version, snapshot.ClientId, host));
        Signal();
    }

    /// <summary>Publishes that a host was removed.</summary>
    public void Remove(string clientId)
    {
        if (Take(clientId) is null)
        {
            return;
        }

        Version++;
        _tombstones.Enqueue(_changes.AddLast(new Change(Version, clientId, null)));
        if (_tombstones.Count > MaxTombstones)
        {
            var oldest = _tombstones.Dequeue();
            _oldestKnown = Math.Max(_oldestKnown, oldest.Value.Version);
            _changes.Remove(oldest);
        }

        Signal();
    }

    /// <summary>Publishes that a session was ended, or that what is known of it is out of date.</summary>
    public void EndSession(string stickyId)
    {
        Version++;
        _endedSessions.Enqueue((Version, stickyId));
        if (_endedSessions.Count > MaxEndedSessions)
        {
            _oldestKnown = Math.Max(_oldestKnown, _endedSessions.Dequeue().Version);
        }

        Signal();
    }

    /// <summary>Publishes that everything cached of sessions is void.</summary>
    public void EndAllSessions()
    {
        _oldestKnown = ++Version;
        Signal();
    }

    /// <summary>The step from a reader's version to the present one.</summary>
    public FleetChanges ChangesSince(long epoch, long since)
    {
        var isFull = epoch != Epoch || since < _oldestKnown || since > Version;
        var changed = ImmutableArray.CreateBuilder<FleetHost>();
        var removed = ImmutableArray.CreateBuilder<string>();
        for (var node = _changes.Last; node is not null && (isFull || node.Value.Version > since); node = node.Previous)
        {
            if (node.Value.Host is { } host)
            {
                changed.Add(host);
            }
            else if (!isFull)
            {
                removed.Add(node.Value.ClientId);
            }
        }

        return new FleetChanges
        {
            Epoch = Epoch,
            Version = Version,
            IsFull = isFull,
            Changed = changed.ToImmutable(),
            Removed = removed.ToImmutable(),
            EndedSessions = isFull ? [] : [.. _endedSessions.Where(ended => ended.Version > since).Select(ended => ended.StickyId)],
            Tiers = isFull ? tiers : null,
            IsPanic = IsPanic,
        };
    }

    private FleetHost? Take(string clientId)
    {
        if (!_nodes.Remove(clientId, out var node))
        {
            return null;
        }

        _changes.Remove(node);
        return node.Value.Host;
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private readonly record struct Change(long Version, string ClientId, FleetHost? Host);
}
