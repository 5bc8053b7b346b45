using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Places what has no session, in the gateway's pools: where one has no room, the next one is asked.</summary>
internal sealed class Placements : IDisposable
{
    private readonly ImmutableArray<PlacementLanes> _pools;

    /// <summary>The ways to the indexes of the gateway's pools.</summary>
    public Placements(
        IGrainFactory grains,
        GatewayFleet fleet,
        ServerOptions options,
        TimeProvider time,
        ILogger<PlacementBatcher> logger,
        ILogger<IndexFollower> followerLogger) =>
        _pools =
        [
            .. fleet.Pools.Select(pool => new PlacementLanes(
                grains, pool, new IndexFollower(grains, pool, options, time, followerLogger), options, time, logger)),
        ];

    /// <summary>Asks for a placement; see <see cref="PlacementBatcher.PlaceAsync"/>.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="replaces">The reservation that the new one replaces, or null.</param>
    /// <param name="isLasting">Whether the reservation must survive a crash of any process.</param>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request, PooledReservation? replaces, bool isLasting) => _pools.Length == 1
        ? _pools[0].PlaceAsync(request with { Replaces = replaces?.Id }, isLasting)
        : PlaceInTurnAsync(request, replaces, isLasting);

    /// <summary>Asks every index for something, so that it is there when the first request comes.</summary>
    public Task WarmUpAsync() => Task.WhenAll(_pools.Select(static pool => pool.PlaceAsync(new PlacementRequest { Tier = "" }, isLasting: true)));

    /// <summary>Releases a reservation; see <see cref="PlacementBatcher.Release"/>.</summary>
    public void Release(PooledReservation reservation) => (Find(reservation.Pool) ?? _pools[0]).Release(reservation.Id);

    /// <summary>See <see cref="IRouteResolver.ReleaseAsync"/>.</summary>
    public async Task<bool> ReleaseAsync(Guid reservationId) =>
        _pools.Length == 1 ? await _pools[0].ReleaseAsync(reservationId)
            : (await Task.WhenAll(_pools.Select(pool => pool.ReleaseAsync(reservationId)))).Any(static existed => existed);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in _pools)
        {
            pool.Dispose();
        }
    }

    private async Task<PlacementDecision> PlaceInTurnAsync(PlacementRequest request, PooledReservation? replaces, bool isLasting)
    {
        if (request.StickyId is not null && await FindAsync(request, isLasting) is { } found)
        {
            return found;
        }

        PlacementDecision? refused = null;
        foreach (var pool in _pools)
        {
            var placed = await pool.PlaceAsync(request with { Replaces = replaces?.Pool == pool.Name ? replaces?.Id : null }, isLasting);
            var decision = placed.After(refused) with { Pool = pool.Name };
            if (decision.Outcome != RouteOutcome.NoCapacity)
            {
                if (decision.Outcome == RouteOutcome.Routed && replaces is { } former && former.Pool != pool.Name)
                {
                    Release(former);
                }

                return decision;
            }

            refused = decision;
        }

        return refused!;
    }

    /// <summary>The reservation that the caller's key has already, in whichever pool; what an index says that cannot tell; null when all say that there is
    /// none.</summary>
    private async Task<PlacementDecision?> FindAsync(PlacementRequest request, bool isLasting)
    {
        var lookup = request with { IsExistingOnly = true, Explain = false };
        PlacementDecision? unknown = null;
        foreach (var (decision, pool) in (await Task.WhenAll(_pools.Select(pool => pool.PlaceAsync(lookup, isLasting)))).Zip(_pools))
        {
            if (decision.Outcome is RouteOutcome.Routed or RouteOutcome.KeyReused)
            {
                return decision with { Pool = pool.Name };
            }

            unknown = decision.Outcome is RouteOutcome.NoCapacity or RouteOutcome.UnknownTier ? unknown : decision;
        }

        return unknown;
    }

    private PlacementLanes? Find(string pool) => _pools.FirstOrDefault(lanes => lanes.Name == pool);
}

/// <summary>A reservation, and where it is.</summary>
/// <param name="Pool">The pool; empty where the gateway has one only.</param>
/// <param name="Id">The reservation.</param>
internal readonly record struct PooledReservation(string Pool, Guid Id);
