using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Opsen.Gateway.Requests;
using Opsen.Grains;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Finds the host for a request: a known session from the cache, another session from its grain, everything else from the index.</summary>
internal sealed partial class RouteResolver(
    GrainReferences<IStickySessionGrain> stickySessions,
    GrainReferences<IBackendGrain> backends,
    GatewayFleet fleet,
    Placements placements,
    SessionCaches sessions,
    DecisionMetrics metrics,
    ServerOptions options,
    TimeProvider time,
    ILogger<RouteResolver> logger) : IRouteResolver
{
    /// <summary>What a session's grain is told; one pool needs no telling.</summary>
    private readonly ImmutableArray<string> _pools = fleet.Pools.Length > 1 ? [.. fleet.Pools.Select(static pool => pool.Pool)] : [];
    private readonly RoutingPatience _patience = RoutingPatience.For(options);

    /// <inheritdoc/>
    public ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation)
    {
        if (fleet.Ready.IsCompleted && fleet.FindTier(query.Tier) is null)
        {
            metrics.OfUnknownTier();
            return new(UnknownTier(query.Tier));
        }

        if (TryResolveFromCache(query, out var known))
        {
            metrics.FromCache(query.Tier);
            return new(known);
        }

        return DecideAsync(query, cancellation);
    }

    /// <inheritdoc/>
    public void Release(PooledReservation reservation) => placements.Release(reservation);

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(Guid reservationId) => placements.ReleaseAsync(reservationId);

    private static RouteResult Unavailable { get; } =
        RouteResult.Refused(RouteOutcome.Unavailable, "The decision could not be made in time. Try again in a moment.");

    private static RouteResult Overloaded { get; } =
        RouteResult.Refused(RouteOutcome.Overloaded, "More decisions are asked for than can be made. Try again in a moment, and slower.");

    private static RouteResult NotStored { get; } = RouteResult.Refused(
        RouteOutcome.NotStored,
        "What was decided could not be stored, so nothing was reserved. Try again in a moment; the server's log names the trouble with its database.");

    private static RouteResult SessionsFull { get; } = RouteResult.Refused(
        RouteOutcome.SessionsFull, "There are as many sessions as there may be (max_sessions), and this one is new. Those that are not used end after sticky_ttl_minutes.");

    private static RouteResult KeyReused { get; } = RouteResult.Refused(
        RouteOutcome.KeyReused, "This Idempotency-Key has a reservation for another tier, which still lives. Use another key for another request.");

    private bool TryResolveFromCache(RouteQuery query, out RouteResult result)
    {
        result = Unavailable;
        if (query.StickyId is null || query.Explain || !sessions.TryGet(new SessionTier(query.StickyId, query.Tier), out var session, out var pool))
        {
            return false;
        }

        var host = session.Entry.Snapshot;
        var mayBeOver = query.IsLasting && session.ReservationId != Guid.Empty && time.GetTimestamp() >= session.ReservedUntil;
        if (mayBeOver || query.Excluded.Contains(host.ClientId))
        {
            return false;
        }

        result = new RouteResult(Stay(query, session, pool)) { Host = host, HasSpilled = pool > 0 };
        return true;
    }

    private PlacementDecision Stay(in RouteQuery query, in CachedSession session, int pool) => new()
    {
        Pool = _pools.IsEmpty ? "" : _pools[pool],
        Outcome = RouteOutcome.Routed,
        ClientId = session.Entry.Snapshot.ClientId,
        ReservationId = session.ReservationId,
        GpuIds = session.GpuIds,
        DistanceKm = GeoPoint.DistanceKm(query.Place, session.Entry.Snapshot.Registration.Place),
    };

    /// <summary>Asks the cluster for a host. One method with pooled state: every request without a session passes here, and each async method costs an
    /// allocation.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RouteResult> DecideAsync(RouteQuery query, CancellationToken cancellation)
    {
        // A reservation to release, because the caller will not learn of it.
        PooledReservation? unheardOf = null;
        var since = time.GetTimestamp();
        try
        {
            PlacementDecision decision;
            if (query.StickyId is { } stickyId)
            {
                decision = await ResolveSessionAsync(query, stickyId, cancellation);
            }
            else
            {
                decision = await placements.PlaceAsync(ToRequest(query) with { StickyId = query.CallerKey }, query.Replaces, query.IsLasting);
                if (decision.Outcome == RouteOutcome.Routed)
                {
                    unheardOf = query.CallerKey is not null ? null : new(decision.Pool, decision.ReservationId);
                    cancellation.ThrowIfCancellationRequested();
                }
            }

            // A host missing from the fleet view may be newer than the view, so ask its grain.
            var host = decision.Outcome != RouteOutcome.Routed ? null
                : fleet.Find(decision.ClientId)?.Snapshot ?? await backends.Get(decision.ClientId).GetSnapshot().WaitAsync(_patience.Attempt,
                    time, CancellationToken.None);
            var result = Describe(query, decision, host);
            if (result.Outcome == RouteOutcome.Routed)
            {
                unheardOf = null;
            }

            return metrics.Count(query, result, since);
        }
        catch (TimeoutException)
        {
            // Whether a reservation was made is unknown, so do not retry. A decision that still arrives is released.
            LogTimeout(query.Tier, _patience.Total.TotalMilliseconds);
            return metrics.Count(query, Unavailable, since);
        }
#pragma warning disable CA1031 // Whatever the cluster throws, the caller is told to try again.
        catch (Exception error) when (!IsOfTheCaller(error, cancellation))
#pragma warning restore CA1031
        {
            LogFailed(query.Tier, error.GetType().Name, error.Message);
            return metrics.Count(query, Unavailable, since);
        }
        finally
        {
            if (unheardOf is { } reservation)
            {
                placements.Release(reservation);
            }
        }
    }

    private RouteResult Describe(in RouteQuery query, PlacementDecision decision, HostSnapshot? host)
    {
        switch (decision.Outcome)
        {
            case RouteOutcome.Routed:
                return host is null
                    ? Unavailable
                    : new RouteResult(decision)
                    {
                        Host = host,
                        HasSpilled = fleet.HasSpilled(decision.Pool),
                        DecidedAt = decision.Explanation is null ? default : time.GetUtcNow(),
                        EndsWithRequest = query.StickyId is null && fleet.FindTier(query.Tier) is { EndsWithRequest: true },
                    };

            case RouteOutcome.NoCapacity:
                var holdsOn = query is { StickyId: null, IsLasting: false } && fleet.FindTier(query.Tier) is { EndsWithRequest: false };
                var hint = holdsOn ? RefusalText.AboutReservations(query.Tier, options.PendingAllocationTimeoutSeconds) : "";
                return new RouteResult(decision) { Detail = RefusalText.Describe(query.Tier, decision.Refusals) + hint, DecidedAt = time.GetUtcNow() };

            case RouteOutcome.UnknownTier:
                return UnknownTier(query.Tier);

            case RouteOutcome.Overloaded:
                return Overloaded;

            case RouteOutcome.NotStored:
                return NotStored;

            case RouteOutcome.SessionsFull:
                return SessionsFull;

            case RouteOutcome.KeyReused:
                return KeyReused;

            default:
                return Unavailable;
        }
    }

    /// <summary>What to ask the cluster.</summary>
    public static PlacementRequest ToRequest(in RouteQuery query) => new()
    {
        Tier = query.Tier,
        Place = query.Place,
        Excluded = query.Excluded,
        Explain = query.Explain,
        Slot = query.Wait?.Slot ?? Guid.Empty,
    };

    /// <summary>Asks the session's grain. Asking it again changes nothing that was decided, so where the silo is another process that is done until the
    /// patience ends.</summary>
    private async Task<PlacementDecision> ResolveSessionAsync(RouteQuery query, string stickyId, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                var isKnown = _patience.Retries && sessions.TryGetLastKnown(new SessionTier(stickyId, query.Tier), out _, out _);
                var patience = isKnown ? RoutingPatience.Known : _patience.Attempt;
                var decision = await TryResolveSessionAsync(query, stickyId).WaitAsync(patience, time, cancellation);
                if (decision.Outcome is not (RouteOutcome.Unavailable or RouteOutcome.NotStored) || IsOver(since))
                {
                    return decision;
                }
            }
            catch (Exception error) when (!IsOfTheCaller(error, cancellation) && !IsOver(since))
            {
                LogAgain(query.Tier, error.GetType().Name, error.Message);
            }

            // The cluster cannot say where the session is, so it stays where it was.
            if (_patience.Retries && sessions.TryGetLastKnown(new SessionTier(stickyId, query.Tier), out var known, out var pool)
                && !query.Excluded.Contains(known.Entry.Snapshot.ClientId))
            {
                return Stay(query, time.GetTimestamp() < known.ReservedUntil ? known : known with { ReservationId = Guid.Empty }, pool);
            }

            await Task.Delay(RoutingPatience.Pause, time, cancellation);
        }
    }

    /// <summary>Whether the caller has gone. The cluster's calls are cancelled for other reasons as well: a connection ends, storage gives up.</summary>
    private static bool IsOfTheCaller(Exception error, CancellationToken cancellation) =>
        error is OperationCanceledException && cancellation.IsCancellationRequested;

    private bool IsOver(long since) => !_patience.Retries || time.GetElapsedTime(since) + RoutingPatience.Pause >= _patience.Total;

    private async Task<PlacementDecision> TryResolveSessionAsync(RouteQuery query, string stickyId)
    {
        var before = time.GetTimestamp();
        var versions = fleet.Pools.Length > 1 ? Array.ConvertAll(fleet.Pools.ToArray(), static pool => pool.Version) : null;
        var version = fleet.Pools[0].Version;
        var decision = await stickySessions.Get(SessionKey.Format(options.Pool, stickyId)).Resolve(ToRequest(query) with { Pools = _pools });
        var number = _pools.IsEmpty ? 0 : _pools.IndexOf(decision.Pool);
        if (decision.Outcome == RouteOutcome.Routed && number >= 0 && fleet.Pools[number] is var pool
            && pool.Find(decision.ClientId) is { } entry && pool.FindTier(query.Tier) is >= 0 and var tier)
        {
            // Reuse the fleet's tier name, so that the cache does not keep a string for each session.
            var until = before + (long)(decision.ReservedFor.TotalSeconds * time.TimestampFrequency);
            sessions[number].Set(new SessionTier(stickyId, pool.Tiers[tier].Name), tier, new CachedSession(
                entry, versions?[number] ?? version, decision.AffinityEpoch, decision.ReservationId, decision.GpuIds, time.GetTimestamp(), until));
        }

        return decision;
    }

    private RouteResult UnknownTier(string tier)
    {
        var hint = tier != TierOptions.DefaultName ? ""
            : $"A request that names no tier wants '{tier}'. Name one in the JSON body or query field '{options.TierFieldName}' or in a header, or configure '{tier}' under tiers. ";
        var names = string.Join(", ", fleet.Tiers.Select(spec => spec.Name));
        return RouteResult.Refused(RouteOutcome.UnknownTier, $"{hint}The tier {FieldChecks.Quote(tier)} is not configured. Use one of: {names}.");
    }

    [LoggerMessage(3501, LogLevel.Warning, "No decision for tier {Tier} within {DeadlineMs} ms")]
    private partial void LogTimeout(string tier, double deadlineMs);

    [LoggerMessage(3503, LogLevel.Debug, "A session's host for tier {Tier} is asked for again: {Error}: {Message}")]
    private partial void LogAgain(string tier, string error, string message);

    [LoggerMessage(3502, LogLevel.Warning, "No decision for tier {Tier}: {Error}: {Message}")]
    private partial void LogFailed(string tier, string error, string message);
}
