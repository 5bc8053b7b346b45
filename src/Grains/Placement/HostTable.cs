using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>The hosts by id, and per tier which of them are candidates. After changing what is reserved on a host, call <see cref="Refresh"/>.</summary>
internal sealed class HostTable(TierNeed[] needs, RegionTree.Fanout fanout, TimeSpan? projectedWindow)
{
    private static readonly int Reasons = Enum.GetValues<RefusalReason>().Length;

    private readonly ulong _allTiers = needs.Length == 64 ? ulong.MaxValue : (1UL << needs.Length) - 1;
    private readonly Dictionary<string, PlacedHost> _hosts = new(StringComparer.Ordinal);
    private readonly int[] _refusals = new int[needs.Length * Reasons];
    private readonly RegionTree _placed = new(needs.Length, fanout);
    private readonly RegionTree _unplaced = new(needs.Length, fanout);
    private readonly HostSearch _search = new(fanout);
    private readonly FleetPace? _pace = projectedWindow is null ? null : new(needs.Length);

    /// <summary>The hosts, in no order.</summary>
    public Dictionary<string, PlacedHost>.ValueCollection All => _hosts.Values;

    /// <summary>The time that projected scores are of, ms.</summary>
    public long NowMs { get; set; }

    /// <summary>The host with this id.</summary>
    public bool TryGet(string clientId, [NotNullWhen(true)] out PlacedHost? host) => _hosts.TryGetValue(clientId, out host);

    /// <summary>Adds a host or replaces its state.</summary>
    public void Upsert(HostSnapshot snapshot)
    {
        if (!_hosts.TryGetValue(snapshot.ClientId, out var host))
        {
            host = new(snapshot.ClientId, needs.Length, _pace is null ? null : new(projectedWindow!.Value.TotalMilliseconds, _pace));
            _hosts.Add(snapshot.ClientId, host);
            Count(host, 1);
        }

        var tree = host.Parent is null ? null : TreeOf(host);
        var before = host.Centre;
        host.Observe(snapshot, needs, NowMs);
        if (host.Centre != before)
        {
            tree?.Remove(host);
        }

        Judge(host);
        if (host.Parent is not { } leaf)
        {
            TreeOf(host).Add(host);
            return;
        }

        for (var tier = 0; tier < needs.Length; tier++)
        {
            leaf.SetLow(host.Slot, tier, host.Low(tier));
        }
    }

    /// <summary>Removes a host, whose reservations have ended before.</summary>
    public void Remove(PlacedHost host)
    {
        _hosts.Remove(host.ClientId);
        TreeOf(host).Remove(host);
        Count(host, -1);
    }

    /// <summary>Judges a host again for every tier, after what is reserved on it has changed.</summary>
    public void Refresh(PlacedHost host)
    {
        host.Project(needs, NowMs);
        for (var changed = Judge(host) | (host.IsStartingSlowly || _pace is not null ? _allTiers : 0); changed != 0; changed &= changed - 1)
        {
            var tier = BitOperations.TrailingZeroCount(changed);
            host.Parent!.SetLow(host.Slot, tier, host.Low(tier));
        }
    }

    /// <summary>How many hosts each filter refuses for a tier, indexed by <see cref="RefusalReason"/>.</summary>
    public ImmutableArray<int> CountRefusals(int tier) => [.. _refusals.AsSpan(tier * Reasons, Reasons)];

    /// <summary>The candidate with the lowest score, or null when there is none.</summary>
    public PlacedHost? FindBest(int tier, in PlaceVector place) => _search.Find(_placed, _unplaced, tier, place);

    private RegionTree TreeOf(PlacedHost host) => host.Centre.IsKnown ? _placed : _unplaced;

    /// <summary>Judges a host for every tier; returns a bit for each tier whose judgement changed.</summary>
    private ulong Judge(PlacedHost host)
    {
        var changed = 0UL;
        for (var tier = 0; tier < needs.Length; tier++)
        {
            ref var refusal = ref host.Refusals[tier];
            var judged = host.Judge(needs[tier]);
            if (judged != refusal)
            {
                _refusals[(tier * Reasons) + (int)refusal]--;
                _refusals[(tier * Reasons) + (int)judged]++;
                refusal = judged;
                changed |= 1UL << tier;
            }
        }

        return changed;
    }

    private void Count(PlacedHost host, int change)
    {
        for (var tier = 0; tier < needs.Length; tier++)
        {
            _refusals[(tier * Reasons) + (int)host.Refusals[tier]] += change;
        }
    }
}
