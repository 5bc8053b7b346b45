namespace Opsen.Grains.Placement;

/// <summary>
/// What storage has to be told of reservations: granted or renewed, ended before their time. What came and went before anybody asked is not told at all.
/// Holds no more than there are live reservations and stored ones that would still be alive, however long storage is away.
/// </summary>
internal sealed class ReservationChanges
{
    private readonly HashSet<Reservation> _unstored = [];
    private readonly List<EndedReservation> _ended = [];

    /// <summary>Whether there is something to tell.</summary>
    public bool Any => _unstored.Count > 0 || _ended.Count > 0;

    /// <summary>Whether storage has been told all of a reservation, or is being told.</summary>
    public bool IsTold(Reservation reservation) => reservation.IsStored && !_unstored.Contains(reservation);

    /// <summary>Notes a reservation that was granted or whose end has moved.</summary>
    public void Granted(Reservation reservation) => _unstored.Add(reservation);

    /// <summary>Notes that a reservation ends now; one that was never stored, or whose time is over, needs no storing.</summary>
    public void Ended(Reservation reservation, bool isExpired)
    {
        _unstored.Remove(reservation);
        if (reservation.IsStored && !isExpired)
        {
            _ended.Add(new EndedReservation(reservation.Id, reservation.ExpiresAt));
        }
    }

    /// <summary>Takes everything. From now on it counts as stored; where that fails, <see cref="PutBack"/>.</summary>
    public (Reservation[] Granted, EndedReservation[] Ended) Take(long nowMs)
    {
        _ended.RemoveAll(ended => ended.ExpiresAt <= nowMs);
        var changes = (Granted: _unstored.ToArray(), Ended: _ended.ToArray());
        Array.ForEach(changes.Granted, static granted => granted.IsStored = true);
        _unstored.Clear();
        _ended.Clear();
        return changes;
    }

    /// <summary>Takes one reservation. From now on it counts as stored.</summary>
    public void Take(Reservation reservation)
    {
        _unstored.Remove(reservation);
        reservation.IsStored = true;
    }

    /// <summary>Takes back ends that could not be stored.</summary>
    public void PutBack(IEnumerable<EndedReservation> ended, long nowMs) => _ended.AddRange(ended.Where(one => one.ExpiresAt > nowMs));
}

/// <summary>A stored reservation that ended before its time.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ExpiresAt">When it would have ended by itself, ms.</param>
internal readonly record struct EndedReservation(Guid Id, long ExpiresAt);
