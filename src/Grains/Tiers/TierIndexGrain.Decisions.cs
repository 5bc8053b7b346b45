using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>The index's decisions, and what becomes of the reservations that they make.</summary>
internal sealed partial class TierIndexGrain
{
    /// <summary>How long a grant waits to be stored before it is granted under the lease.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(1);

    public ValueTask<PlacementDecision[]> Place(PlacementRequest[] requests)
    {
        ServeWaiting();
        var now = NowMs;
        var decisions = new PlacementDecision[requests.Length];
        List<(int Request, FleetMoment Moment)>? toExplain = null;
        for (var i = 0; i < requests.Length; i++)
        {
            decisions[i] = Decide(requests[i], now, out var moment);
            if (moment is not null)
            {
                (toExplain ??= []).Add((i, moment));
            }
        }

        return toExplain is null ? new(decisions) : new(ExplainAsync(decisions, toExplain));
    }

    public ValueTask<PlacementDecision[]> ReleaseAndPlace(long epoch, Guid[] released, PlacementRequest[] requests)
    {
        Heed(epoch);
        var now = NowMs;
        foreach (var reservationId in released)
        {
            End(reservationId, now);
        }

        return Place(requests);
    }

    public async Task<PlacementDecision[]> ReleaseAndPlaceDurably(long epoch, Guid[] released, PlacementRequest[] requests)
    {
        var known = FindKnown(requests);
        var decisions = await ReleaseAndPlace(epoch, released, requests);
        Guid[] granted = [.. decisions.Where(static decision => decision.Outcome == RouteOutcome.Routed).Select(static decision => decision.ReservationId)];
        if (granted.Length == 0 || await TryStoreAsync(granted))
        {
            return decisions;
        }

        // The silos confirm that nobody else can decide, so what is granted holds; the next flush that succeeds stores it.
        if (!_ledger.IsFenced && _lease?.IsHeld == true)
        {
            return Array.ConvertAll(decisions, static decision =>
                decision.Outcome == RouteOutcome.Routed ? decision with { IsUnstored = true } : decision);
        }

        // What a caller has been told of before stays.
        foreach (var reservationId in known is null ? granted : granted.Except(known))
        {
            _index.Release(reservationId, NowMs);
        }

        return Array.ConvertAll(decisions, static decision =>
            decision.Outcome == RouteOutcome.Routed ? new PlacementDecision { Outcome = RouteOutcome.NotStored } : decision);
    }

    /// <summary>Stores what was granted. Under the lease nobody waits long for that: while the database fails, only the flush tries, and while it hangs, what
    /// is under way goes on.</summary>
    private async Task<bool> TryStoreAsync(Guid[] granted)
    {
        if (_lease?.IsHeld != true)
        {
            return await _ledger.StoreAsync(granted, NowMs);
        }

        if (_ledger.IsFailing)
        {
            return false;
        }

        try
        {
            return await _ledger.StoreAsync(granted, NowMs).WaitAsync(StorePatience, _time);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public Task<long> Join(Guid gateway, HeldReservation[] held, Guid[] ended)
    {
        var now = NowMs;
        foreach (var reservationId in ended)
        {
            End(reservationId, now);
        }

        foreach (var one in held)
        {
            if (_earlyReturns?.Contains(one.Id) != true)
            {
                _index.RestoreReservation(new(one.Id, one.ClientId, one.Tier, one.CallerKey, one.GpuIds, one.Remaining), now);
            }
        }

        _lease?.Join(gateway);
        return Task.FromResult(_ledger.Epoch);
    }

    public Task Stay(Guid gateway)
    {
        _lease?.Hear(gateway);
        return Task.CompletedTask;
    }

    public ValueTask<bool> DecidesAlone(long epoch) => new(epoch == _ledger.Epoch && !_ledger.IsFenced && _lease?.IsHeld == true);

    public async Task<PlacementExplanation?> Explain(PlacementRequest request) =>
        TryRead(request, out var query) ? await ExplainAsync(_index.Capture(query, NowMs)) : null;

    public async Task<DecisionRecord?> GetDecision(Guid reservationId)
    {
        if (!_decisions.TryGet(reservationId, out var decision))
        {
            return null;
        }

        return new DecisionRecord
        {
            ReservationId = reservationId,
            ClientId = decision.ClientId,
            Tier = _index.Tiers[decision.Query.Tier].Name,
            DecidedAt = decision.DecidedAt,
            ExplainedAt = decision.Explanation is null ? _time.GetUtcNow() : decision.DecidedAt,
            Explanation = decision.Explanation ?? await ExplainAsync(_index.Capture(decision.Query, NowMs)),
        };
    }

    public Task<ImmutableArray<RecentDecision>> GetDecisions(int limit) => Task.FromResult(_decisions.Latest(limit)
        .Select(one => new RecentDecision(one.ReservationId, _index.Tiers[one.Query.Tier].Name, one.ClientId, SessionOf(one.Query), one.DecidedAt))
        .ToImmutableArray());

    private static string? SessionOf(in PlacementQuery query) => CallerKeys.IsKey(query.StickyId) ? null : query.StickyId;

    private bool TryRead(PlacementRequest request, out PlacementQuery query)
    {
        var isKnown = _index.TryGetTier(request.Tier, out var tier);
        query = new PlacementQuery
        {
            Tier = tier,
            Place = request.Place,
            StickyId = request.StickyId,
            Preferred = request.Preferred,
            Excluded = request.Excluded,
            Replaces = request.Replaces,
            IsProvisional = request.IsProvisional,
            Slot = request.Slot,
            ReservationId = request.ReservationId,
        };
        return isKnown;
    }

    private PlacementDecision Decide(PlacementRequest request, long now, out FleetMoment? moment)
    {
        moment = null;
        if (_ledger.IsFenced || _lease?.HasBegun == false)
        {
            return new PlacementDecision { Outcome = RouteOutcome.Unavailable, Epoch = _ledger.Epoch };
        }

        if (!TryRead(request, out var query))
        {
            return new PlacementDecision { Outcome = RouteOutcome.UnknownTier };
        }

        if (CallerKeys.IsKey(request.StickyId) && _index.FindTierOf(request.StickyId!, now) is var tier
            && (tier >= 0 ? tier != query.Tier : request.IsExistingOnly))
        {
            return new PlacementDecision { Outcome = tier >= 0 ? RouteOutcome.KeyReused : RouteOutcome.NoCapacity };
        }

        if (MustWait(query.Tier, request))
        {
            return new PlacementDecision { Outcome = RouteOutcome.NoCapacity, Refusals = _index.CountRefusals(query, now) };
        }

        // Before the reservation changes what it explains.
        moment = request.Explain ? _index.Capture(query, now) : null;
        if (_index.Place(query, now, out var placement) != RouteOutcome.Routed)
        {
            if (_lease?.ExpectsGateways == true)
            {
                return new PlacementDecision { Outcome = RouteOutcome.Unavailable, Epoch = _ledger.Epoch };
            }

            return new PlacementDecision { Outcome = RouteOutcome.NoCapacity, Refusals = _index.CountRefusals(query, now) };
        }

        if (!placement.IsExisting)
        {
            _decisions.Add(placement.ReservationId, new(query, placement.Host.ClientId, _time.GetUtcNow()));
        }

        return new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = placement.Host.ClientId,
            ReservationId = placement.ReservationId,
            GpuIds = placement.GpuIds,
            DistanceKm = placement.DistanceKm,
            AffinityEpoch = placement.Host.AffinityEpoch,
            Epoch = _ledger.Epoch,
            ReservedFor = placement.IsExisting ? _index.Remaining(placement.ReservationId, now) : _settings.ReservationTimeout,
        };
    }

    private async Task<PlacementDecision[]> ExplainAsync(PlacementDecision[] decisions, List<(int Request, FleetMoment Moment)> toExplain)
    {
        foreach (var (request, moment) in toExplain)
        {
            var explanation = await ExplainAsync(moment);
            decisions[request] = decisions[request] with { Explanation = explanation };
            if (decisions[request].Outcome == RouteOutcome.Routed)
            {
                _decisions.Explain(decisions[request].ReservationId, explanation);
            }
        }

        return decisions;
    }

    /// <summary>Elsewhere, so that nobody else's decision waits for it.</summary>
    private static Task<PlacementExplanation> ExplainAsync(FleetMoment moment) => Task.Run(moment.Explain);
}
