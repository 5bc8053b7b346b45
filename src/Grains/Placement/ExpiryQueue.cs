namespace Opsen.Grains.Placement;

/// <summary>Reservations by the time they end. They all live equally long from grant or renewal, so the order of arrival is the order of expiry:
/// adding, removing and expiring take constant time and expire to the millisecond, where the slots of a timer wheel would round.</summary>
internal sealed class ExpiryQueue
{
    private Reservation? _first;
    private Reservation? _last;

    /// <summary>The reservation that ends first, if it has ended by <paramref name="nowMs"/>.</summary>
    public Reservation? PeekExpired(long nowMs) => _first is { } first && first.ExpiresAt <= nowMs ? first : null;

    /// <summary>Adds a reservation. One that was restored with less time than those granted since walks past them.</summary>
    public void Add(Reservation reservation)
    {
        var sooner = _last;
        while (sooner is not null && sooner.ExpiresAt > reservation.ExpiresAt)
        {
            sooner = sooner.Sooner;
        }

        var later = sooner is null ? _first : sooner.Later;
        reservation.Sooner = sooner;
        reservation.Later = later;
        SetLater(sooner, reservation);
        SetSooner(later, reservation);
    }

    /// <summary>Takes a reservation out.</summary>
    public void Remove(Reservation reservation)
    {
        SetLater(reservation.Sooner, reservation.Later);
        SetSooner(reservation.Later, reservation.Sooner);
        reservation.Sooner = null;
        reservation.Later = null;
    }

    private void SetLater(Reservation? reservation, Reservation? later)
    {
        if (reservation is null)
        {
            _first = later;
        }
        else
        {
            reservation.Later = later;
        }
    }

    private void SetSooner(Reservation? reservation, Reservation? sooner)
    {
        if (reservation is null)
        {
            _last = sooner;
        }
        else
        {
            reservation.Sooner = sooner;
        }
    }
}
