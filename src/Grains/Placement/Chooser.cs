using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>Chooses without reserving: the session's own host first, then the preferred ones, then the best of all.</summary>
internal sealed class Chooser(ImmutableArray<TierSpec> tiers, HostTable hosts, ReservationLedger ledger)
{
    /// <summary>Chooses.</summary>
    /// <param name="query">The question.</param>
    /// <param name="placement">The response, of which a new reservation is still missing.</param>
    /// <param name="host">The host to reserve on; null when there is nothing to reserve.</param>
    /// <param name="displaced">What ends when that reservation is granted.</param>
    public RouteOutcome Choose(
        in PlacementQuery query, out Placement placement, out PlacedHost? host, out DisplacedReservations displaced)
    {
        placement = default;
        host = null;
        displaced = default;
        if ((uint)query.Tier >= (uint)tiers.Length)
        {
            return RouteOutcome.UnknownTier;
        }

        var place = new PlaceVector(query.Place);
        displaced = new(query, ledger);
        if (displaced.Own is { } own && own.Id != query.Replaces && own.Host.Snapshot.KeepsSessions && !query.Excluded.Contains(own.Host.ClientId))
        {
            placement = Describe(own.Host, query.Tier, place) with { ReservationId = own.Id, GpuIds = own.GpuIds, IsExisting = true };
            return RouteOutcome.Routed;
        }

        SetAside(query, displaced);
        host = FindPreferred(query) ?? hosts.FindBest(query.Tier, place);
        placement = host is null ? default : Describe(host, query.Tier, place);
        PutBack(query, displaced);
        return host is null ? RouteOutcome.NoCapacity : RouteOutcome.Routed;
    }

    /// <summary>How many hosts each filter refuses, indexed by <see cref="RefusalReason"/>.</summary>
    public ImmutableArray<int> CountRefusals(in PlacementQuery query)
    {
        var displaced = new DisplacedReservations(query, ledger);
        SetAside(query, displaced);
        var counts = hosts.CountRefusals(query.Tier);
        PutBack(query, displaced);
        return counts;
    }

    /// <summary>What is chosen, and what every host has at this moment, to be explained whenever there is time for it.</summary>
    public FleetMoment Capture(in PlacementQuery query)
    {
        var outcome = Choose(query, out var placement, out _, out var displaced);
        SetAside(query, displaced);
        var need = new TierNeed(tiers[query.Tier]);
        var (moment, next) = (new HostMoment[hosts.All.Count], 0);
        foreach (var host in hosts.All)
        {
            moment[next++] = new HostMoment(host, query.Tier, need);
        }

        PutBack(query, displaced);
        return new(
            tiers[query.Tier], new(query.Place), outcome, outcome == RouteOutcome.Routed ? placement.Host.ClientId : null, placement.IsExisting, moment);
    }

    private static Placement Describe(PlacedHost host, int tier, in PlaceVector place)
    {
        var distance = place.DistanceKmTo(host.Centre);
        return new(host.Snapshot, Guid.Empty, [], distance, distance + host.Score(tier), IsExisting: false);
    }

    private PlacedHost? FindPreferred(in PlacementQuery query)
    {
        foreach (var clientId in query.Preferred)
        {
            if (hosts.TryGet(clientId, out var host) && host.Refusals[query.Tier] == RefusalReason.None)
            {
                return host;
            }
        }

        return null;
    }

    /// <summary>For the time of a choice, gives back what the query's own reservations hold and bars the hosts that it excludes.</summary>
    private void SetAside(in PlacementQuery query, in DisplacedReservations displaced)
    {
        SetCounted(displaced.Own, isCounted: false);
        SetCounted(displaced.Replaced, isCounted: false);
        SetCounted(displaced.Slot, isCounted: false);
        SetExcluded(query, isExcluded: true);
    }

    private void PutBack(in PlacementQuery query, in DisplacedReservations displaced)
    {
        SetExcluded(query, isExcluded: false);
        SetCounted(displaced.Own, isCounted: true);
        SetCounted(displaced.Replaced, isCounted: true);
        SetCounted(displaced.Slot, isCounted: true);
    }

    private void SetExcluded(in PlacementQuery query, bool isExcluded)
    {
        foreach (var clientId in query.Excluded)
        {
            if (hosts.TryGet(clientId, out var host))
            {
                host.IsExcluded = isExcluded;
                hosts.Refresh(host);
            }
        }
    }

    private void SetCounted(Reservation? reservation, bool isCounted)
    {
        if (reservation is not null)
        {
            reservation.SetCounted(isCounted);
            hosts.Refresh(reservation.Host);
        }
    }
}
