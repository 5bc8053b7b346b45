namespace Opsen.Grains.Placement;

/// <summary>Reservations by the time they end. They all live equally long from grant or renewal, so the order of arrival is nearly always the order
/// of expiry: a linked list adds, removes and expires in constant time, and to the millisecond, where the slots of a timer wheel would round.
/// Those that arrive out of order, restored with what is left of their time, wait in a heap.</summary>
internal sealed class ExpiryQueue
{
    private readonly PriorityQueue<(Reservation Reservation, Guid Id), long> _outOfOrder = new();
    private Reservation? _first;
    private Reservation? _last;

    /// <summary>A reservation that has ended by <paramref name="nowMs"/>, or null.</summary>
    public Reservation? PeekExpired(long nowMs)
    {
        if (_first is { } first && first.ExpiresAt <= nowMs)
        {
            return first;
        }

        while (_outOfOrder.TryPeek(out var entry, out var expiresAt) && expiresAt <= nowMs)
        {
            // An entry outlives its reservation's release or renewal, after which the object may even be another reservation.
            var (reservation, id) = entry;
            if (reservation.IsOutOfOrder && reservation.Id == id && reservation.ExpiresAt == expiresAt)
            {
                return reservation;
            }

            _outOfOrder.Dequeue();
        }

        return null;
    }

    /// <summary>Adds a reservation.</summary>
    public void Add(Reservation reservation)
    {
        if (_last is { } last && last.ExpiresAt > reservation.ExpiresAt)
        {
            reservation.IsOutOfOrder = true;
            _outOfOrder.Enqueue((reservation, reservation.Id), reservation.ExpiresAt);
            return;
        }

        reservation.Sooner = _last;
        if (_last is null)
        {
            _first = reservation;
        }
        else
        {
            _last.Later = reservation;
        }

        _last = reservation;
    }

    /// <summary>Takes a reservation out.</summary>
    public void Remove(Reservation reservation)
    {
        if (reservation.IsOutOfOrder)
        {
            reservation.IsOutOfOrder = false;
            return;
        }

        if (reservation.Sooner is { } sooner)
        {
            sooner.Later = reservation.Later;
        }
        else
        {
            _first = reservation.Later;
        }

        if (reservation.Later is { } later)
        {
            later.Sooner = reservation.Sooner;
        }
        else
        {
            _last = reservation.Sooner;
        }

        reservation.Sooner = null;
        reservation.Later = null;
    }
}
