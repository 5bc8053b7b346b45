using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Finds out what is reserved when an index starts. The journal may be a moment behind, so sessions' own rows come first: a row names the reservation that
/// its session was told of, and is stored before that. What the journal says of another reservation of the same session and tier is out of date, or was
/// never acknowledged.
/// </summary>
internal static class LedgerRestore
{
    /// <summary>The reservations that are alive.</summary>
    /// <param name="entries">The pool's journal.</param>
    /// <param name="sessions">Assignments whose reservation may be alive.</param>
    /// <param name="now">The silo's clock.</param>
    public static IEnumerable<ReservationRecord> Merge(IEnumerable<LedgerEntry> entries, IEnumerable<SessionAssignment> sessions, DateTimeOffset now)
    {
        var live = new Dictionary<Guid, (StoredReservation Stored, TimeSpan Remaining)>();
        var ended = new HashSet<Guid>();
        foreach (var entry in entries)
        {
            foreach (var granted in entry.Granted)
            {
                // Never longer than it was given when this was written, should the clock have been set back since.
                var remaining = Min(granted.ExpiresAt - now, granted.ExpiresAt - entry.WrittenAt);
                if (remaining > TimeSpan.Zero && (!live.TryGetValue(granted.Id, out var other) || other.Remaining < remaining))
                {
                    live[granted.Id] = (granted, remaining);
                }
            }

            ended.UnionWith(entry.Ended);
        }

        var settled = new HashSet<(string StickyId, string Tier)>();
        foreach (var session in sessions)
        {
            settled.Add((session.StickyId, session.Tier));
            var remaining = Min(session.ReservedUntil - now, session.ReservedUntil - session.LastUsed);
            if (ended.Contains(session.ReservationId))
            {
                continue;
            }

            if (live.Remove(session.ReservationId, out var journaled))
            {
                yield return Read(journaled.Stored, journaled.Remaining > remaining ? journaled.Remaining : remaining);
            }
            else if (remaining > TimeSpan.Zero)
            {
                yield return new(session.ReservationId, session.ClientId, session.Tier, session.StickyId, session.GpuIds, remaining);
            }
        }

        foreach (var (stored, remaining) in live.Values)
        {
            if (!ended.Contains(stored.Id) && (stored.StickyId is null || !settled.Contains((stored.StickyId, stored.Tier))))
            {
                yield return Read(stored, remaining);
            }
        }
    }

    /// <summary>A reservation as it is stored.</summary>
    public static StoredReservation Format(in ReservationRecord record, DateTimeOffset now)
    {
        var need = record.Need!.Value;
        return new(record.Id, record.ClientId, record.Tier, record.StickyId, record.GpuIds, now + record.Remaining,
            [need.Vcpu, need.Memory, need.Disk, need.Vram]);
    }

    private static ReservationRecord Read(StoredReservation stored, TimeSpan remaining) =>
        new(stored.Id, stored.ClientId, stored.Tier, stored.StickyId, stored.GpuIds, remaining, ReadNeed(stored));

    private static TierNeed? ReadNeed(StoredReservation stored) => stored.Need is { IsDefault: false, Length: 4 } need
        ? new TierNeed((int)Math.Min(need[0], int.MaxValue), need[1], need[2], stored.GpuIds.Length, need[3])
        : null;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
