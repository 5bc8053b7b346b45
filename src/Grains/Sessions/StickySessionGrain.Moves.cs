using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Sessions;

/// <content>Moving a session: its new host is stored first, and acknowledged then.</content>
internal sealed partial class StickySessionGrain
{
    /// <summary>Moves the session to the host that was chosen. Null when the index that chose it was superseded (ADR 0006).</summary>
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
            CreatedAt = isSameHost ? previous!.CreatedAt : now,
            LastUsed = now,
        };
        if (await TryStoreAsync(assignment, decision.Epoch) is not { } isStored)
        {
            await Index.Settle(ended: decision.ReservationId, kept: previous?.ReservationId ?? Guid.Empty);
            return NotStored();
        }

        if (!isStored)
        {
            return null;
        }

        if (previous is not null && previous.ReservationId != decision.ReservationId)
        {
            await TrySettleAsync(ended: previous.ReservationId, kept: decision.ReservationId);
        }

        if (previous is not null && !isSameHost)
        {
            LogMoved(_stickyId, tier, previous.ClientId, decision.ClientId);
        }

        return decision;
    }

    /// <summary>Ends the reservation that was set aside. If that fails, it expires.</summary>
    private async Task TrySettleAsync(Guid ended, Guid kept)
    {
        try
        {
            await Index.Settle(ended, kept);
        }
#pragma warning disable CA1031 // The session is where it is, whatever becomes of the reservation that it has no more.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotSettled(_stickyId, error.Message);
        }
    }

    /// <summary>Stores an assignment before it is acknowledged.</summary>
    /// <returns>False when the epoch is over; null when storage is in trouble.</returns>
    private async Task<bool?> TryStoreAsync(SessionAssignment assignment, long epoch)
    {
        var others = _assignments.RemoveAll(other => other.Tier == assignment.Tier);
        _assignments = default;
        try
        {
            if (!await store.WriteAsync(_pool, assignment, epoch))
            {
                Read();
                return false;
            }

            _assignments = others.Add(assignment);
            return true;
        }
#pragma warning disable CA1031 // Whatever storage says; the store itself logs when trouble begins and ends.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotStored(_stickyId, assignment.Tier, error.Message);
            return null;
        }
    }

    [LoggerMessage(401, LogLevel.Information, "Session {StickyId} of tier {Tier} moved from host {From} to {To}")]
    private partial void LogMoved(string stickyId, string tier, string from, string to);

    [LoggerMessage(402, LogLevel.Debug, "The host of session {StickyId} of tier {Tier} could not be stored: {Message}")]
    private partial void LogNotStored(string stickyId, string tier, string message);

    [LoggerMessage(404, LogLevel.Debug, "The earlier reservation of session {StickyId} could not be ended and ends by itself: {Message}")]
    private partial void LogNotSettled(string stickyId, string message);
}
