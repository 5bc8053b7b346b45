using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Sessions;

/// <content>The pools that a session may be placed in. One grain keeps the session whatever its pool is, so that it is in one place only.</content>
internal sealed partial class StickySessionGrain
{
    private ITierIndexGrain IndexOf(SessionAssignment assignment) => indexes.Get(PoolOf(assignment));

    private ITierIndexGrain IndexOf(PlacementDecision decision) => indexes.Get(PoolOf(decision));

    private string PoolOf(SessionAssignment assignment) => assignment.HostPool.Length > 0 ? assignment.HostPool : _pool;

    private string PoolOf(PlacementDecision decision) => decision.Pool.Length > 0 ? decision.Pool : _pool;

    /// <summary>Whether a request's gateway routes to the assignment's pool.</summary>
    private bool IsServed(SessionAssignment assignment, PlacementRequest request) =>
        request.Pools.IsEmpty ? assignment.HostPool.Length == 0 : request.Pools.Contains(PoolOf(assignment));

    /// <summary>Asks the pools in their order until one has room. The pool of a session that prefers its host comes first.</summary>
    private async Task<PlacementDecision> PlaceAsync(PlacementRequest request, SessionAssignment? current, bool prefersItsHost)
    {
        if (request.Pools.IsEmpty)
        {
            return (await Index.Place([ToPlacement(request, current, prefersItsHost)]))[0];
        }

        PlacementDecision? refused = null;
        foreach (var pool in prefersItsHost ? request.Pools.Remove(PoolOf(current!)).Insert(0, PoolOf(current!)) : request.Pools)
        {
            var own = current is not null && PoolOf(current) == pool ? current : null;
            var placed = (await indexes.Get(pool).Place([ToPlacement(request, own, prefersItsHost && own is not null)]))[0];
            var decision = placed.After(refused) with { Pool = pool };
            if (decision.Outcome != RouteOutcome.NoCapacity)
            {
                return decision;
            }

            refused = decision;
        }

        return refused!;
    }

    /// <summary>Where the session is by the indexes, which know it while its reservation is alive.</summary>
    private async Task<PlacementDecision> FindInIndexAsync(PlacementRequest request)
    {
        foreach (var pool in request.Pools.IsEmpty ? [_pool] : request.Pools)
        {
            var known = await indexes.Get(pool).FindSession(_stickyId, request.Tier);
            if (known.Outcome == RouteOutcome.Routed && !request.Excluded.Contains(known.ClientId))
            {
                return request.Pools.IsEmpty ? known : known with { Pool = pool };
            }
        }

        return NotStored();
    }

    /// <summary>Ends one of two reservations, each in the index of its pool; the session has the other one.</summary>
    private Task SettleAsync(PlacementDecision ended, SessionAssignment? kept) =>
        IndexOf(ended).Settle(ended.ReservationId, kept is not null && PoolOf(kept) == PoolOf(ended) ? kept.ReservationId : Guid.Empty);

    /// <inheritdoc cref="SettleAsync(PlacementDecision, SessionAssignment?)"/>
    private Task SettleAsync(SessionAssignment ended, PlacementDecision kept) =>
        IndexOf(ended).Settle(ended.ReservationId, PoolOf(ended) == PoolOf(kept) ? kept.ReservationId : Guid.Empty);
}
