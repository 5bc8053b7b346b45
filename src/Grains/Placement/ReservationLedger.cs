using System.Collections.Immutable;

namespace Opsen.Grains.Placement;

/// <summary>All live reservations: by id, by sticky id and tier, and by the time they end. Keeps each on its host's books too.</summary>
internal sealed class ReservationLedger(TierNeed[] needs, long timeoutMs)
{
    /// <summary>Ended reservations kept for reuse; bounds what a burst leaves behind.</summary>
    private const int MaxPooled = 1 << 14;

    private readonly ReservationTable<Guid, ById> _byId = new();
    private readonly ReservationTable<(string StickyId, int Tier), BySession> _bySession = new();
    private readonly ExpiryQueue _expiry = new();
    private readonly ReservationIds _ids = new();
    private readonly Stack<Reservation> _pool = new();
    private readonly HashSet<Reservation> _unstored = [];
    private readonly List<Guid> _ended = [];

    /// <summary>How many there are.</summary>
    public int Count => _byId.Count;

    /// <summary>Whether there is something that <see cref="TakeChanges"/> has not told yet.</summary>
    public bool HasChanges => _unstored.Count > 0 || _ended.Count > 0;

    /// <summary>The reservation with this id, or null.</summary>
    public Reservation? Find(Guid id) => _byId.Find(id);

    /// <summary>The reservation of a session for a tier, or null.</summary>
    public Reservation? Find(string stickyId, int tier) => _bySession.Find((stickyId, tier));

    /// <summary>A reservation that has ended by now but is still on the books, or null.</summary>
    public Reservation? PeekExpired(long nowMs) => _expiry.PeekExpired(nowMs);

    /// <summary>Grants a new reservation for the full time.</summary>
    public Reservation Grant(PlacedHost host, int tier, string? stickyId, long nowMs)
    {
        ref readonly var need = ref needs[tier];
        return Add(_ids.Next(), host, tier, stickyId, need.Cards == 0 ? [] : host.Cards.Pick(need.Cards), nowMs + timeoutMs);
    }

    /// <summary>Puts a stored reservation back for the rest of its time.</summary>
    public void Restore(in ReservationRecord record, PlacedHost host, int tier, long nowMs)
    {
        var remainingMs = Math.Min(timeoutMs, (long)Math.Ceiling(record.Remaining.TotalMilliseconds));
        Add(record.Id, host, tier, record.StickyId, record.GpuIds.IsDefault ? [] : record.GpuIds, nowMs + remainingMs);
    }

    /// <summary>Takes a reservation off the books and gives its resources back. That one whose time is over has ended needs no storing.</summary>
    public void End(Reservation reservation, bool isExpired = false)
    {
        _unstored.Remove(reservation);
        if (reservation.IsStored && !isExpired)
        {
            _ended.Add(reservation.Id);
        }

        reservation.Host.GiveBack(needs[reservation.Tier], reservation.GpuIds);
        reservation.Host.Detach(reservation);
        _expiry.Remove(reservation);
        _byId.Remove(reservation);
        if (reservation.StickyId is not null)
        {
            _bySession.Remove(reservation);
        }

        reservation.Host = null!;
        reservation.StickyId = null;
        reservation.GpuIds = [];
        if (_pool.Count < MaxPooled)
        {
            _pool.Push(reservation);
        }
    }

    /// <summary>Takes a reservation that stays on the books out of its host's sums for a while, or back in.</summary>
    public void SetCounted(Reservation reservation, bool isCounted)
    {
        ref readonly var need = ref needs[reservation.Tier];
        if (isCounted)
        {
            reservation.Host.Take(need, reservation.GpuIds);
        }
        else
        {
            reservation.Host.GiveBack(need, reservation.GpuIds);
        }
    }

    /// <summary>Starts a reservation's time anew.</summary>
    public void Renew(Reservation reservation, long nowMs)
    {
        _expiry.Remove(reservation);
        reservation.ExpiresAt = nowMs + timeoutMs;
        _expiry.Add(reservation);
        _unstored.Add(reservation);
    }

    /// <summary>What was granted or renewed, and what ended before its time, since this was last asked. What came and went in between is not told at all.</summary>
    public (Reservation[] Granted, Guid[] Ended) TakeChanges()
    {
        var changes = (Granted: _unstored.ToArray(), Ended: _ended.ToArray());
        Array.ForEach(changes.Granted, granted => granted.IsStored = true);
        _unstored.Clear();
        _ended.Clear();
        return changes;
    }

    private Reservation Add(Guid id, PlacedHost host, int tier, string? stickyId, ImmutableArray<int> gpuIds, long expiresAt)
    {
        var reservation = _pool.TryPop(out var pooled) ? pooled : new();
        reservation.Id = id;
        reservation.Host = host;
        reservation.Tier = tier;
        reservation.StickyId = stickyId;
        reservation.GpuIds = gpuIds;
        reservation.ExpiresAt = expiresAt;
        reservation.UnfitSince = 0;
        reservation.UnfitUntil = 0;
        reservation.IsStored = false;
        _unstored.Add(reservation);
        _byId.Add(reservation);
        if (stickyId is not null)
        {
            _bySession.Add(reservation);
        }

        _expiry.Add(reservation);
        host.Attach(reservation);
        host.Take(needs[tier], gpuIds);
        return reservation;
    }
}
