using System.Collections.Immutable;
using Opsen.Grains.Interfaces;

namespace Opsen.Grains.Placement;

/// <summary>All live reservations: by id, by sticky id and tier, and by the time they end. Keeps each on its host's books too.</summary>
internal sealed class ReservationLedger(ImmutableArray<TierSpec> tiers, long timeoutMs, IPlacementRecorder? recorder = null)
{
    /// <summary>Ended reservations kept for reuse; bounds what a burst leaves behind.</summary>
    private const int MaxPooled = 1 << 14;

    private readonly ReservationTable<Guid, ById> _byId = new();
    private readonly ReservationTable<(string StickyId, int Tier), BySession> _bySession = new();
    private readonly ExpiryQueue _expiry = new();
    private readonly ReservationIds _ids = new();
    private readonly Stack<Reservation> _pool = new();
    private readonly ReservedTier[] _tiers = [.. tiers.Select((tier, number) => new ReservedTier(tier.Name, number, new TierNeed(tier)))];

    /// <summary>Of tiers that were changed or removed since something was granted that is still alive.</summary>
    private readonly Dictionary<(string Name, TierNeed Need), ReservedTier> _formerTiers = [];

    /// <summary>How many there are.</summary>
    public int Count => _byId.Count;

    /// <summary>What storage has to be told.</summary>
    public ReservationChanges Changes { get; } = new();

    /// <summary>The reservation with this id, or null.</summary>
    public Reservation? Find(Guid id) => _byId.Find(id);

    /// <summary>The reservation of a session for a tier, or null.</summary>
    public Reservation? Find(string stickyId, int tier) => _bySession.Find((stickyId, tier));

    /// <summary>How many there are of each tier; those of a tier that was changed since count too.</summary>
    public ImmutableArray<int> CountByTier()
    {
        var counts = Array.ConvertAll(_tiers, static tier => tier.Live);
        foreach (var former in _formerTiers.Values.Where(static tier => tier.Number != ReservedTier.Gone))
        {
            counts[former.Number] += former.Live;
        }

        return [.. counts];
    }

    /// <summary>A reservation that has ended by now but is still on the books, or null.</summary>
    public Reservation? PeekExpired(long nowMs) => _expiry.PeekExpired(nowMs);

    /// <summary>Grants a new reservation for the full time.</summary>
    /// <param name="host">The host.</param>
    /// <param name="id">Its id, which no live one has; empty = a new one.</param>
    /// <param name="tier">The tier.</param>
    /// <param name="stickyId">The session, or null.</param>
    /// <param name="nowMs">Now.</param>
    public Reservation Grant(PlacedHost host, Guid id, int tier, string? stickyId, long nowMs)
    {
        var granted = _tiers[tier];
        ImmutableArray<int> cards = granted.Need.Cards == 0 ? [] : host.Cards.Pick(granted.Need);
        return Add(id == Guid.Empty ? _ids.Next() : id, host, granted, stickyId, cards, nowMs, nowMs, nowMs + timeoutMs);
    }

    /// <summary>Puts a stored reservation back for the rest of its time.</summary>
    /// <param name="record">What was stored.</param>
    /// <param name="host">Its host.</param>
    /// <param name="tier">The tier of its name, or <see cref="ReservedTier.Gone"/> when there is none; the record has a need of its own then.</param>
    /// <param name="nowMs">Now.</param>
    public void Restore(in ReservationRecord record, PlacedHost host, int tier, long nowMs)
    {
        var remainingMs = (long)Math.Ceiling(record.Remaining.TotalMilliseconds);
        var expiresAt = nowMs + remainingMs;
        ImmutableArray<int> cards = record.GpuIds.IsDefault ? [] : record.GpuIds;
        var restored = Add(
            record.Id, host, TierOf(record, tier), record.StickyId, cards, Math.Min(nowMs, expiresAt - timeoutMs), nowMs, expiresAt);

        // So that its end is told, also before it is told anew: who starts next would find it again.
        restored.IsStored = true;
    }

    /// <summary>Takes a reservation off the books and gives its resources back. That one whose time is over has ended needs no storing.</summary>
    public void End(Reservation reservation, long nowMs, ReservationEnd how)
    {
        reservation.Host.Projected?.Ended(reservation.Tier.Need, reservation.Tier.Number, reservation.GrantedAt, nowMs, how);
        recorder?.Ended(reservation.Id, how, nowMs);
        Changes.Ended(reservation, isExpired: how == ReservationEnd.Expired);
        if (!reservation.IsUncounted)
        {
            reservation.Host.GiveBack(reservation.Tier.Need, reservation.GpuIds);
        }

        reservation.Host.Detach(reservation);
        reservation.Tier.Live--;
        _expiry.Remove(reservation);
        _byId.Remove(reservation);
        if (reservation.IsOfSession)
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

    /// <summary>Keeps a session's reservation on the books, but no longer as the one that the session has for its tier.</summary>
    public void SetAside(Reservation reservation)
    {
        if (reservation.IsOfSession)
        {
            _bySession.Remove(reservation);
            reservation.IsSetAside = true;
        }
    }

    /// <summary>Makes a reservation that was set aside its session's own again, unless the session has another one by now.</summary>
    public void Reinstate(Reservation reservation)
    {
        if (reservation.IsSetAside && Find(reservation.StickyId!, reservation.Tier.Number) is null)
        {
            reservation.IsSetAside = false;
            _bySession.Add(reservation);
        }
    }

    /// <summary>Starts a reservation's time anew.</summary>
    public void Renew(Reservation reservation, long nowMs)
    {
        _expiry.Remove(reservation);
        reservation.ExpiresAt = nowMs + timeoutMs;
        _expiry.Add(reservation);
        Changes.Granted(reservation);
    }

    private ReservedTier TierOf(in ReservationRecord record, int tier)
    {
        if (tier != ReservedTier.Gone && (record.Need is not { } held || held.Equals(_tiers[tier].Need)))
        {
            return _tiers[tier];
        }

        var key = (record.Tier, record.Need!.Value);
        if (!_formerTiers.TryGetValue(key, out var former))
        {
            _formerTiers.Add(key, former = new ReservedTier(record.Tier, tier, record.Need.Value));
        }

        return former;
    }

    private Reservation Add(
        Guid id, PlacedHost host, ReservedTier tier, string? stickyId, ImmutableArray<int> gpuIds, long grantedAt, long nowMs, long expiresAt)
    {
        var reservation = _pool.TryPop(out var pooled) ? pooled : new();
        reservation.Id = id;
        reservation.Host = host;
        reservation.Tier = tier;
        reservation.StickyId = stickyId;
        reservation.GpuIds = gpuIds;
        reservation.GrantedAt = grantedAt;
        reservation.ExpiresAt = expiresAt;
        reservation.UnfitSince = 0;
        reservation.UnfitUntil = 0;
        reservation.IsStored = false;
        reservation.IsUncounted = false;
        reservation.IsSetAside = false;
        Changes.Granted(reservation);
        _byId.Add(reservation);
        if (reservation.IsOfSession)
        {
            _bySession.Add(reservation);
        }

        _expiry.Add(reservation);
        host.Attach(reservation);
        tier.Live++;
        host.Take(tier.Need, gpuIds);
        host.Projected?.Granted(tier.Need, grantedAt, nowMs);
        return reservation;
    }
}
