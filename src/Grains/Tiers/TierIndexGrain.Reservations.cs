using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers;

/// <summary>Reservations after they are granted: renewed, released, found again.</summary>
internal sealed partial class TierIndexGrain
{
    public Task Settle(Guid ended, Guid kept)
    {
        _index.Settle(ended, kept, NowMs);
        ServeWaiting();
        return Task.CompletedTask;
    }

    public ValueTask<SessionRoom> HasRoomFor(string clientId, string tier, Guid reservationId)
    {
        var now = NowMs;
        return new(new SessionRoom(
            !_index.TryGetTier(tier, out var number) || _index.HasRoomFor(clientId, number, reservationId, now), _index.Remaining(reservationId, now)));
    }

    public ValueTask<PlacementDecision> FindSession(string stickyId, string tier)
    {
        if (!_index.TryGetTier(tier, out var number)
            || !_ledger.TryFindSession(stickyId, number, NowMs, out var own)
            || _index.Find(own.ClientId) is not { KeepsSessions: true } host)
        {
            return new(new PlacementDecision { Outcome = RouteOutcome.NotStored });
        }

        return new(new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = own.ClientId,
            ReservationId = own.Id,
            GpuIds = own.GpuIds,
            AffinityEpoch = host.AffinityEpoch,
            Epoch = _ledger.Epoch,
            ReservedFor = own.Remaining,
        });
    }

    public ValueTask<bool> Release(Guid reservationId)
    {
        TellGateways(reservationId);
        var existed = End(reservationId, NowMs);
        ServeWaiting();
        return new(existed);
    }

    public Task EndSession(string stickyId)
    {
        _index.ReleaseSession(stickyId, NowMs);
        _fleet.EndSession(stickyId);
        ServeWaiting();
        return Task.CompletedTask;
    }

    public async ValueTask<bool> Renew(Guid reservationId)
    {
        if (!_index.Renew(reservationId, NowMs))
        {
            return false;
        }

        TellGateways(reservationId);
        return await _ledger.StoreAsync([reservationId], NowMs) ? true : throw new OrleansException("The renewal could not be stored.");
    }

    /// <summary>The reservations that sessions and callers' keys among the requests have already; null where there are none.</summary>
    private HashSet<Guid>? FindKnown(PlacementRequest[] requests)
    {
        HashSet<Guid>? known = null;
        foreach (var request in requests)
        {
            if (request.StickyId is { } stickyId && _index.TryGetTier(request.Tier, out var tier) && _index.FindReservation(stickyId, tier, NowMs) is { } id)
            {
                (known ??= []).Add(id);
            }
        }

        return known;
    }

    private bool End(Guid reservationId, long now)
    {
        if (_index.Release(reservationId, now))
        {
            return true;
        }

        _earlyReturns?.Add(reservationId);
        return false;
    }

    /// <summary>Makes gateways look the session up again: what they know of its reservation is out of date.</summary>
    private void TellGateways(Guid reservationId)
    {
        if (_index.SessionOf(reservationId) is { } stickyId)
        {
            _fleet.EndSession(stickyId);
        }
    }
}
