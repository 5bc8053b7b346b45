using System.Runtime.CompilerServices;
using Opsen.Gateway.Ingest;
using Opsen.Grains.Fleet;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Finds the host for a request: a known session from the cache, another session from its grain, everything else from the index.</summary>
public sealed partial class RouteResolver(
    GrainReferences<IStickySessionGrain> stickySessions,
    GrainReferences<IBackendGrain> backends,
    FleetViews fleets,
    PlacementBatcher placements,
    SessionCache sessions,
    ServerOptions options,
    TimeProvider time,
    ILogger<RouteResolver> logger) : IRouteResolver
{
    private readonly FleetView _fleet = fleets.For(options.Pool);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation)
    {
        var tier = _fleet.FindTier(query.Tier);
        if (tier < 0 && _fleet.Ready.IsCompleted)
        {
            return UnknownTier(query.Tier);
        }

        if (TryResolveFromCache(query, tier, out var known))
        {
            return known;
        }

        try
        {
            var decision = query.StickyId is { } stickyId
                ? await ResolveSessionAsync(query, stickyId).WaitAsync(PlacementBatcher.Deadline, time, cancellation)
                : await PlaceAsync(query, cancellation);
            return await DescribeAsync(query, decision);
        }
        catch (TimeoutException)
        {
            // Whether a reservation was made is unknown, so nothing is repeated; it ends by itself.
            LogTimeout(query.Tier, PlacementBatcher.Deadline.TotalMilliseconds);
            return Unavailable;
        }
#pragma warning disable CA1031 // Whatever the cluster throws, the caller gets an answer that says to try again.
        catch (Exception error) when (error is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogFailed(query.Tier, error.GetType().Name, error.Message);
            return Unavailable;
        }
    }

    /// <inheritdoc/>
    public void Release(Guid reservationId) => placements.Release(reservationId);

    private static RouteResult Unavailable { get; } = new()
    {
        Outcome = RouteOutcome.Unavailable,
        Detail = "The decision could not be made in time. Try again in a moment.",
    };

    private static RouteResult Overloaded { get; } = new()
    {
        Outcome = RouteOutcome.Overloaded,
        Detail = "More decisions are asked for than can be made. Try again in a moment, and slower.",
    };

    private static RouteResult NotStored { get; } = new()
    {
        Outcome = RouteOutcome.NotStored,
        Detail = "The session's host could not be stored, so none was assigned. Try again in a moment; the server's log names the trouble with its database.",
    };

    private bool TryResolveFromCache(RouteQuery query, int tier, out RouteResult result)
    {
        result = Unavailable;
        if (query.StickyId is null || query.Explain || tier < 0 || !sessions.TryGet(new SessionTier(query.StickyId, query.Tier), tier, out var session))
        {
            return false;
        }

        var host = session.Entry.Snapshot;
        if (query.Excluded.Contains(host.ClientId))
        {
            return false;
        }

        result = new RouteResult
        {
            Outcome = RouteOutcome.Routed,
            Host = host,
            ReservationId = session.ReservationId,
            GpuIds = session.GpuIds,
            DistanceKm = GeoPoint.DistanceKm(query.Place, host.Registration.Place),
        };
        return true;
    }

    private async ValueTask<RouteResult> DescribeAsync(RouteQuery query, PlacementDecision decision)
    {
        switch (decision.Outcome)
        {
            case RouteOutcome.Routed:
                return (_fleet.Find(decision.ClientId)?.Snapshot ?? await FindNewHostAsync(decision.ClientId)) is { } host
                    ? new RouteResult
                    {
                        Outcome = RouteOutcome.Routed,
                        Host = host,
                        ReservationId = decision.ReservationId,
                        GpuIds = decision.GpuIds,
                        DistanceKm = decision.DistanceKm,
                        Explanation = decision.Explanation,
                        DecidedAt = time.GetUtcNow(),
                        EndsWithRequest = query.StickyId is null && _fleet.FindTier(query.Tier) is >= 0 and var tier && _fleet.Tiers[tier].EndsWithRequest,
                    }
                    : Unavailable;

            case RouteOutcome.NoCapacity:
                return new RouteResult
                {
                    Outcome = RouteOutcome.NoCapacity,
                    Detail = RefusalText.Describe(query.Tier, decision.Refusals),
                    Explanation = decision.Explanation,
                    DecidedAt = time.GetUtcNow(),
                };

            case RouteOutcome.UnknownTier:
                return UnknownTier(query.Tier);

            case RouteOutcome.Overloaded:
                return Overloaded;

            case RouteOutcome.NotStored:
                return NotStored;

            default:
                return Unavailable;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PlacementDecision> PlaceAsync(RouteQuery query, CancellationToken cancellation)
    {
        var decision = await placements.PlaceAsync(new PlacementRequest
        {
            Tier = query.Tier,
            Place = query.Place,
            Excluded = query.Excluded,
            Replaces = query.Replaces,
            Explain = query.Explain,
        });
        if (cancellation.IsCancellationRequested)
        {
            // Nobody hears of the reservation.
            placements.Release(decision.ReservationId);
            cancellation.ThrowIfCancellationRequested();
        }

        return decision;
    }

    private async Task<PlacementDecision> ResolveSessionAsync(RouteQuery query, string stickyId)
    {
        var versionBefore = _fleet.Version;
        var answer = await stickySessions.Get(SessionKey.Format(options.Pool, stickyId))
            .Resolve(new SessionRequest(query.Tier, query.Place, query.Excluded, query.Explain));
        var decision = answer.Decision;
        if (decision.Outcome == RouteOutcome.Routed && _fleet.Find(decision.ClientId) is { } entry && _fleet.FindTier(query.Tier) is >= 0 and var tier)
        {
            // The fleet's own copy of the name, so that the cache holds none for each session.
            sessions.Set(new SessionTier(stickyId, _fleet.Tiers[tier].Name), tier, new CachedSession(entry, versionBefore, decision.ReservationId, decision.GpuIds, time.GetTimestamp()));
        }

        return decision;
    }

    /// <summary>A host that is not in the fleet view may be newer than that, so its grain has the last word.</summary>
    private Task<HostSnapshot?> FindNewHostAsync(string clientId) => backends.Get(clientId).GetSnapshot().WaitAsync(PlacementBatcher.Deadline, time);

    private RouteResult UnknownTier(string tier) => new()
    {
        Outcome = RouteOutcome.UnknownTier,
        Detail = $"The tier {FieldChecks.Quote(tier)} is not configured. Use one of: {string.Join(", ", _fleet.Tiers.Select(spec => spec.Name))}.",
    };

    [LoggerMessage(601, LogLevel.Warning, "No decision for tier {Tier} within {DeadlineMs} ms")]
    private partial void LogTimeout(string tier, double deadlineMs);

    [LoggerMessage(602, LogLevel.Warning, "No decision for tier {Tier}: {Error}: {Message}")]
    private partial void LogFailed(string tier, string error, string message);
}
