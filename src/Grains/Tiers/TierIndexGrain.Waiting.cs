using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers;

/// <summary>Those who wait for room. It is given in the turn in which it comes: nobody who comes later finds it.</summary>
internal sealed partial class TierIndexGrain
{
    /// <summary>How soon room is given that comes with time: by the end of a reservation.</summary>
    private static readonly TimeSpan ServeInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs while somebody waits.</summary>
    private IGrainTimer? _serving;
    private bool _isServing;

    public async Task<WaitAnswer> Wait(WaitTicket ticket)
    {
        if (_ledger.IsFenced || _isEnding || _stopping.IsCancellationRequested || _lease?.HasBegun == false)
        {
            return new WaitAnswer(WaitOutcome.Unavailable);
        }

        if (!TryRead(ticket.Request, out var query))
        {
            return new WaitAnswer(WaitOutcome.UnknownTier);
        }

        // What is held for a session is no session's reservation yet.
        var wanted = query with { StickyId = null, Replaces = null, IsProvisional = false, ReservationId = Guid.Empty, Excluded = [], IsWaiting = true };
        if (_waiting.Enter(ticket, wanted, NowMs) is not { } waiter)
        {
            return new WaitAnswer(WaitOutcome.Full);
        }

        if (!_isServing)
        {
            _isServing = true;
            _serving!.Change(ServeInterval, ServeInterval);
        }

        waiter.AskedAt = long.MaxValue;
        ServeWaiting();
        await waiter.Served.WaitAsync(ticket.Wait, _time, _stopping)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        waiter.AskedAt = NowMs;
        if (waiter.Slot != Guid.Empty)
        {
            return new WaitAnswer(WaitOutcome.Served, waiter.Slot);
        }

        if (_ledger.IsFenced || _isEnding || _stopping.IsCancellationRequested)
        {
            _waiting.Leave(ticket.Id, NowMs);
            return new WaitAnswer(WaitOutcome.Unavailable);
        }

        var position = _waiting.PositionOf(waiter);
        return new WaitAnswer(WaitOutcome.Waiting, Guid.Empty, position, _waiting.Estimate(query.Tier, position, NowMs));
    }

    public Task Leave(Guid ticket)
    {
        _waiting.Leave(ticket, NowMs);
        ServeWaiting();
        return Task.CompletedTask;
    }

    /// <summary>Gives what room there is to those who wait. To be called when there may be more than before.</summary>
    private void ServeWaiting()
    {
        if (_waiting.Count > 0 && !_ledger.IsFenced && _lease?.HasBegun != false)
        {
            _waiting.Serve(NowMs);
        }
    }

    /// <summary>Whether a request has to wait, because others wait for the tier already. Who has a slot, or a session that has room, need not.</summary>
    private bool MustWait(int tier, PlacementRequest request) =>
        _waiting.CountOf(tier) > 0 && request.Slot == Guid.Empty && (request.StickyId is null || _index.FindReservation(request.StickyId, tier, NowMs) is null);

    private Task ServeAndSweep()
    {
        _waiting.Sweep(NowMs);
        ServeWaiting();
        if (_waiting.IsEmpty)
        {
            _isServing = false;
            _serving!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        return Task.CompletedTask;
    }
}
