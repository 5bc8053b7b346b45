using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Sessions;

/// <content>Moving a session: its new host is stored first, and acknowledged then.</content>
internal sealed partial class StickySessionGrain
{
    /// <summary>Moves the session to the host that was chosen. Null when that was overtaken, so that the session has to be read again.</summary>
    private async Task<PlacementDecision?> MoveAsync(string tier, SessionAssignment? previous, PlacementDecision decision)
    {
        // Storage keeps milliseconds.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var isSameHost = previous?.ClientId == decision.ClientId;
        var assignment = new SessionAssignment
        {
            StickyId = _stickyId,
            Tier = tier,
            ClientId = decision.ClientId,
            AffinityEpoch = decision.AffinityEpoch,
            ReservationId = decision.ReservationId,
            GpuIds = decision.GpuIds,
            ReservedUntil = now + decision.ReservedFor,
            HostPool = decision.Pool == _pool ? "" : decision.Pool,
            CreatedAt = isSameHost ? previous!.CreatedAt : now,
            LastUsed = now,
        };
        switch (await TryStoreAsync(assignment, decision.Epoch))
        {
            case StoreOutcome.Stored:
                break;

            case StoreOutcome.Superseded:
                await TrySettleAsync(() => SettleAsync(ended: decision, kept: previous));
                return null;

            case StoreOutcome.NotStored or StoreOutcome.Unknown when settings.AssignsUnstored && await IndexOf(decision).DecidesAlone(decision.Epoch):
                StoreLater(assignment, previous?.ReservationId, decision.Epoch);
                break;

            case StoreOutcome.NotStored:
                await SettleAsync(ended: decision, kept: previous);
                return NotStored();

            default:
                // It may be stored, and then it must not lose its reservation, which ends by itself otherwise.
                return NotStored();
        }

        if (previous is not null && previous.ReservationId != decision.ReservationId)
        {
            await TrySettleAsync(() => SettleAsync(ended: previous, kept: decision));
        }

        if (previous is not null && !isSameHost)
        {
            LogMoved(_stickyId, tier, previous.ClientId, decision.ClientId);
        }

        return decision;
    }

    /// <summary>Ends the reservation that was set aside. If that fails, it expires.</summary>
    private async Task TrySettleAsync(Func<Task> settle)
    {
        try
        {
            await settle();
        }
#pragma warning disable CA1031 // The session is where it is, whatever becomes of the reservation that it has no more.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotSettled(_stickyId, error.Message);
        }
    }

    /// <summary>Keeps an assignment in memory until it can be stored.</summary>
    private void StoreLater(SessionAssignment assignment, Guid? replaces, long epoch)
    {
        _assignments = (_assignments.IsDefault ? [] : _assignments).RemoveAll(other => other.Tier == assignment.Tier).Add(assignment);
        _unstored.RemoveAll(other => other.Assignment.Tier == assignment.Tier);
        _unstored.Add((assignment, replaces, epoch));
        LogStoredLater(_stickyId, assignment.Tier);
    }

    /// <summary>Stores what could not be stored before. Another's row, or an index that followed, has the last word.</summary>
    private async Task StoreUnstoredAsync()
    {
        foreach (var (assignment, replaces, epoch) in _unstored.ToArray())
        {
            try
            {
                if (await store.WriteAsync(_pool, assignment, replaces, epoch) != SessionWrite.Stored)
                {
                    _assignments = default;
                    await TrySettleAsync(() => IndexOf(assignment).Settle(assignment.ReservationId, Guid.Empty));
                }

                _unstored.Remove((assignment, replaces, epoch));
            }
#pragma warning disable CA1031 // Whatever storage says, the next try follows.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogNotStored(_stickyId, assignment.Tier, error.Message);
            }
        }
    }

    /// <summary>Stores an assignment before it is acknowledged. What could not be confirmed is read again.</summary>
    private async Task<StoreOutcome> TryStoreAsync(SessionAssignment assignment, long epoch)
    {
        var replaced = _assignments.FirstOrDefault(other => other.Tier == assignment.Tier);
        var others = _assignments.RemoveAll(other => other.Tier == assignment.Tier);
        _assignments = default;
        try
        {
            if (await store.WriteAsync(_pool, assignment, replaced?.ReservationId, epoch) != SessionWrite.Stored)
            {
                return StoreOutcome.Superseded;
            }

            _assignments = others.Add(assignment);
            return StoreOutcome.Stored;
        }
#pragma warning disable CA1031 // Whatever storage says; the store itself logs when trouble begins and ends.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotStored(_stickyId, assignment.Tier, error.Message);
        }

        return !await TryReadAsync() ? StoreOutcome.Unknown
            : _assignments.Any(stored => stored.ReservationId == assignment.ReservationId) ? StoreOutcome.Stored
            : StoreOutcome.NotStored;
    }

    private enum StoreOutcome
    {
        Stored,

        /// <summary>Not stored: an index followed, or another activation stored a host first.</summary>
        Superseded,

        /// <summary>Not stored: storage is in trouble.</summary>
        NotStored,

        /// <summary>Storage is in trouble, and whether it is stored cannot be found out.</summary>
        Unknown,
    }

    [LoggerMessage(401, LogLevel.Information, "Session {StickyId} of tier {Tier} moved from host {From} to {To}")]
    private partial void LogMoved(string stickyId, string tier, string from, string to);

    [LoggerMessage(406, LogLevel.Debug, "Session {StickyId} of tier {Tier} is assigned and will be stored when that is possible")]
    private partial void LogStoredLater(string stickyId, string tier);

    [LoggerMessage(402, LogLevel.Debug, "The host of session {StickyId} of tier {Tier} could not be stored: {Message}")]
    private partial void LogNotStored(string stickyId, string tier, string message);

    [LoggerMessage(404, LogLevel.Debug, "The earlier reservation of session {StickyId} could not be ended and ends by itself: {Message}")]
    private partial void LogNotSettled(string stickyId, string message);
}
