using System.Collections.Immutable;

namespace Opsen.Grains.Placement;

/// <summary>Reservations after they are granted, and their way to storage and back.</summary>
internal sealed partial class PlacementIndex
{
    /// <summary>How many reservations were live at the last call that told the time.</summary>
    public int ReservationCount => _ledger.Count;

    /// <summary>How many of them there are of each tier of <see cref="Tiers"/>.</summary>
    public ImmutableArray<int> ReservationsByTier => _ledger.CountByTier();

    /// <summary>Whether <see cref="TakeReservationChanges"/> has something to tell.</summary>
    public bool HasReservationChanges => _ledger.Changes.Any;

    /// <summary>Ends a reservation. False when it is unknown or over.</summary>
    public bool Release(Guid reservationId, long nowMs, ReservationEnd how = ReservationEnd.Released)
    {
        Expire(nowMs);
        var reservation = _ledger.Find(reservationId);
        End(reservation, how);
        return reservation is not null;
    }

    /// <summary>Ends one of the two reservations of a provisional placement, and makes the other one its session's own.</summary>
    public void Settle(Guid ended, Guid kept, long nowMs)
    {
        Expire(nowMs);
        End(_ledger.Find(ended), ReservationEnd.Displaced);
        if (_ledger.Find(kept) is { } former)
        {
            former.SetCounted(isCounted: true);
            _ledger.Reinstate(former);
            _hosts.Refresh(former.Host);
        }
    }

    /// <summary>Ends a session's reservations, one a tier at most.</summary>
    public void ReleaseSession(string stickyId, long nowMs)
    {
        Expire(nowMs);
        for (var tier = 0; tier < Tiers.Length; tier++)
        {
            End(_ledger.Find(stickyId, tier), ReservationEnd.Released);
        }
    }

    /// <summary>How long a reservation still lives; zero when it is unknown or over.</summary>
    public TimeSpan Remaining(Guid reservationId, long nowMs)
    {
        Expire(nowMs);
        return _ledger.Find(reservationId) is { } reservation ? TimeSpan.FromMilliseconds(reservation.ExpiresAt - _nowMs) : TimeSpan.Zero;
    }

    /// <summary>A session's live reservation for a tier, or null.</summary>
    public Guid? FindReservation(string stickyId, int tier, long nowMs)
    {
        Expire(nowMs);
        return _ledger.Find(stickyId, tier)?.Id;
    }

    /// <summary>The first tier that a session has a live reservation for; -1 when it has none.</summary>
    public int FindTierOf(string stickyId, long nowMs)
    {
        Expire(nowMs);
        for (var tier = 0; tier < Tiers.Length; tier++)
        {
            if (_ledger.Find(stickyId, tier) is not null)
            {
                return tier;
            }
        }

        return -1;
    }

    /// <summary>The session of a reservation; null when it has none, is unknown or over.</summary>
    public string? SessionOf(Guid reservationId) => _ledger.Find(reservationId)?.StickyId;

    /// <summary>The reservation of a session for a tier, if it is live and storage has been told of it (<see cref="TakeReservationChanges"/>).</summary>
    public bool TryFindSession(string stickyId, int tier, long nowMs, out ReservationRecord record)
    {
        Expire(nowMs);
        var reservation = _ledger.Find(stickyId, tier);
        var isTold = reservation is not null && _ledger.Changes.IsTold(reservation);
        record = isTold ? Export(reservation!) : default;
        return isTold;
    }

    /// <summary>Starts a reservation's time anew. False when it is unknown or over.</summary>
    public bool Renew(Guid reservationId, long nowMs)
    {
        Expire(nowMs);
        if (_ledger.Find(reservationId) is not { } reservation)
        {
            return false;
        }

        _ledger.Renew(reservation, _nowMs);
        return true;
    }

    /// <summary>Ends all reservations; returns how many there were.</summary>
    public int ReleaseAll(long nowMs)
    {
        Expire(nowMs);
        var all = Reservations.ToArray();
        Array.ForEach(all, reservation => End(reservation, ReservationEnd.Displaced));
        return all.Length;
    }

    /// <summary>All live reservations.</summary>
    public ImmutableArray<ReservationRecord> ExportReservations(long nowMs)
    {
        Expire(nowMs);
        return [.. Reservations.Select(Export)];
    }

    /// <summary>Changes to store since the last call: reservations granted or renewed, and those that ended before their time. Counted as stored;
    /// where that fails, <see cref="PutBackChanges"/>.</summary>
    public (ReservationRecord[] Granted, EndedReservation[] Ended) TakeReservationChanges(long nowMs)
    {
        Expire(nowMs);
        var (granted, ended) = _ledger.Changes.Take(_nowMs);
        return (Array.ConvertAll(granted, Export), ended);
    }

    /// <summary>One reservation, to be told to storage ahead of other changes. False when it is over.</summary>
    /// <remarks>Also where it was told already: that may be on its way still, or have failed.</remarks>
    public bool TryTakeReservation(Guid reservationId, long nowMs, out ReservationRecord record)
    {
        Expire(nowMs);
        record = default;
        if (_ledger.Find(reservationId) is not { } reservation)
        {
            return false;
        }

        _ledger.Changes.Take(reservation);
        record = Export(reservation);
        return true;
    }

    /// <summary>Takes back what could not be told, as far as it still matters.</summary>
    public void PutBackChanges(IEnumerable<Guid> granted, IEnumerable<EndedReservation> ended, long nowMs)
    {
        foreach (var id in granted)
        {
            if (_ledger.Find(id) is { } reservation)
            {
                _ledger.Changes.Granted(reservation);
            }
        }

        _ledger.Changes.PutBack(ended, nowMs);
    }

    /// <summary>Puts a stored reservation back with what it holds, whether or not it fits: it was granted. False when its host is not here, its tier is not
    /// and nobody knows what it holds, its time is over, or it or another one of its session and tier is here already.</summary>
    public bool RestoreReservation(in ReservationRecord record, long nowMs)
    {
        Expire(nowMs);
        var isConfigured = _tiers.TryGetValue(record.Tier, out var tier);
        if (record.Remaining <= TimeSpan.Zero
            || !_hosts.TryGet(record.ClientId, out var host)
            || (!isConfigured && record.Need is null)
            || _ledger.Find(record.Id) is not null
            || (isConfigured && record.StickyId is { } stickyId && _ledger.Find(stickyId, tier) is not null))
        {
            return false;
        }

        _ledger.Restore(record, host, isConfigured ? tier : ReservedTier.Gone, _nowMs);
        _hosts.Refresh(host);
        _recorder?.Restored(record, _nowMs);
        return true;
    }

    private IEnumerable<Reservation> Reservations => _hosts.All.SelectMany(host => host.Reservations);

    private ReservationRecord Export(Reservation reservation) => new(
        reservation.Id,
        reservation.Host.ClientId,
        reservation.Tier.Name,
        reservation.StickyId,
        reservation.GpuIds,
        TimeSpan.FromMilliseconds(reservation.ExpiresAt - _nowMs),
        reservation.Tier.Need);

    /// <summary>Makes room for what a query is granted on <paramref name="host"/>.</summary>
    private void Displace(Reservation? reservation, in PlacementQuery query, PlacedHost host)
    {
        if (reservation is null || !query.IsProvisional || reservation.Id != query.Replaces)
        {
            End(reservation, ReservationEnd.Displaced);
            return;
        }

        // On the same host the new one takes its place; on another one both are held until it is settled which of them the session has.
        _ledger.SetAside(reservation);
        reservation.SetCounted(isCounted: reservation.Host != host);
        _hosts.Refresh(reservation.Host);
    }

    private void End(Reservation? reservation, ReservationEnd how)
    {
        if (reservation is { Host: var host })
        {
            _ledger.End(reservation, _nowMs, how);
            _hosts.Refresh(host);
        }
    }
}
