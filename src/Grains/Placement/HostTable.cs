using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>The hosts by id, and per tier which of them are candidates. Whoever changes a host's books calls <see cref="Refresh"/>.</summary>
internal sealed class HostTable(TierNeed[] needs)
{
    private static readonly int Reasons = Enum.GetValues<RefusalReason>().Length;

    private readonly Dictionary<string, PlacedHost> _hosts = new(StringComparer.Ordinal);
    private readonly int[] _refusals = new int[needs.Length * Reasons];

    /// <summary>The hosts, in no order.</summary>
    public Dictionary<string, PlacedHost>.ValueCollection All => _hosts.Values;

    /// <summary>The host with this id.</summary>
    public bool TryGet(string clientId, [NotNullWhen(true)] out PlacedHost? host) => _hosts.TryGetValue(clientId, out host);

    /// <summary>Adds a host or replaces its state.</summary>
    public void Upsert(HostSnapshot snapshot)
    {
        if (!_hosts.TryGetValue(snapshot.ClientId, out var host))
        {
            host = new(snapshot.ClientId, needs.Length);
            _hosts.Add(snapshot.ClientId, host);
            Count(host, 1);
        }

        host.Observe(snapshot, needs);
        Refresh(host);
    }

    /// <summary>Takes a host out; its reservations have ended before.</summary>
    public void Remove(PlacedHost host)
    {
        _hosts.Remove(host.ClientId);
        Count(host, -1);
    }

    /// <summary>Judges a host anew for every tier after a change of its state or its books.</summary>
    public void Refresh(PlacedHost host)
    {
        for (var tier = 0; tier < needs.Length; tier++)
        {
            ref var refusal = ref host.Refusals[tier];
            var judged = host.Judge(needs[tier]);
            if (judged != refusal)
            {
                _refusals[(tier * Reasons) + (int)refusal]--;
                _refusals[(tier * Reasons) + (int)judged]++;
                refusal = judged;
            }
        }
    }

    /// <summary>How many hosts each filter refuses for a tier, indexed by <see cref="RefusalReason"/>.</summary>
    public ImmutableArray<int> CountRefusals(int tier) => [.. _refusals.AsSpan(tier * Reasons, Reasons)];

    /// <summary>The candidate with the lowest score, or null when there is none; of equal ones, one with few reservations.</summary>
    public PlacedHost? FindBest(int tier, in PlaceVector place)
    {
        PlacedHost? best = null;
        var lowest = double.PositiveInfinity;
        foreach (var host in _hosts.Values)
        {
            if (host.Refusals[tier] != RefusalReason.None)
            {
                continue;
            }

            var score = host.Bases[tier] + place.DistanceKmTo(host.Place);
            if (score < lowest || (score == lowest && host.ReservationCount < best!.ReservationCount))
            {
                (best, lowest) = (host, score);
            }
        }

        return best;
    }

    private void Count(PlacedHost host, int change)
    {
        for (var tier = 0; tier < needs.Length; tier++)
        {
            _refusals[(tier * Reasons) + (int)host.Refusals[tier]] += change;
        }
    }
}
