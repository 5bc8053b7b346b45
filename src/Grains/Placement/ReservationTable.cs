using System.Runtime.CompilerServices;

namespace Opsen.Grains.Placement;

/// <summary>
/// Finds reservations by a key. Chains run through the reservations themselves, so an entry costs its link and a bucket: a third of what a dictionary takes. It
/// grows and shrinks by one bucket at a time (linear hashing, Litwin 1980), so no call ever pays for all of them, and what a burst took is given back.
/// </summary>
internal sealed class ReservationTable<TKey, TBy>
    where TKey : IEquatable<TKey>
    where TBy : IReservationKey<TKey>
{
    /// <summary>So many that the reservations of a few dozen requests at once come and go without splitting and merging.</summary>
    private const int MinBuckets = 1024;

    private Reservation?[] _buckets = new Reservation?[MinBuckets];

    /// <summary>Buckets of the present round, less one; a power of two, less one.</summary>
    private int _mask = MinBuckets - 1;

    /// <summary>How many of them have been split in this round: each into itself and the one a round's length further on.</summary>
    private int _split;

    /// <summary>How many reservations there are.</summary>
    public int Count { get; private set; }

    private int BucketCount => _mask + 1 + _split;

    /// <summary>The reservation with this key, or null.</summary>
    public Reservation? Find(TKey key)
    {
        var reservation = BucketOf(key);
        while (reservation is not null && !TBy.KeyOf(reservation).Equals(key))
        {
            reservation = TBy.NextOf(reservation);
        }

        return reservation;
    }

    /// <summary>Adds a reservation, whose key is not there yet and does not change while it is.</summary>
    public void Add(Reservation reservation)
    {
        Push(ref BucketOf(TBy.KeyOf(reservation)), reservation);
        if (++Count > BucketCount)
        {
            Split();
        }
    }

    /// <summary>Takes out a reservation that is there.</summary>
    public void Remove(Reservation reservation)
    {
        ref var link = ref BucketOf(TBy.KeyOf(reservation));
        while (link != reservation)
        {
            link = ref TBy.NextOf(link!);
        }

        link = TBy.NextOf(reservation);
        TBy.NextOf(reservation) = null;
        if (--Count < BucketCount / 4 && BucketCount > MinBuckets)
        {
            Merge();
        }
    }

    private static void Push(ref Reservation? bucket, Reservation reservation)
    {
        TBy.NextOf(reservation) = bucket;
        bucket = reservation;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Reservation? BucketOf(TKey key)
    {
        var hash = key.GetHashCode();
        var bucket = hash & _mask;
        return ref _buckets[bucket < _split ? hash & ((_mask << 1) | 1) : bucket];
    }

    private void Split()
    {
        var size = _mask + 1;
        if (_buckets.Length < size * 2)
        {
            Array.Resize(ref _buckets, size * 2);
        }

        var chain = _buckets[_split];
        _buckets[_split] = null;
        while (chain is { } reservation)
        {
            chain = TBy.NextOf(reservation);
            Push(ref _buckets[(TBy.KeyOf(reservation).GetHashCode() & size) == 0 ? _split : _split + size], reservation);
        }

        if (++_split == size)
        {
            _mask = (_mask << 1) | 1;
            _split = 0;
        }
    }

    private void Merge()
    {
        if (_split == 0)
        {
            _mask >>= 1;
            _split = _mask + 1;
        }

        _split--;
        ref var chain = ref _buckets[_split + _mask + 1];
        while (chain is { } reservation)
        {
            chain = TBy.NextOf(reservation);
            Push(ref _buckets[_split], reservation);
        }

        if (_split == 0 && _buckets.Length > (_mask + 1) * 2)
        {
            Array.Resize(ref _buckets, (_mask + 1) * 2);
        }
    }
}

/// <summary>What a <see cref="ReservationTable{TKey, TBy}"/> finds by, and the link that it may use for that.</summary>
internal interface IReservationKey<TKey>
{
    /// <summary>The key.</summary>
    static abstract TKey KeyOf(Reservation reservation);

    /// <summary>The next reservation of the same bucket.</summary>
    static abstract ref Reservation? NextOf(Reservation reservation);
}

/// <summary>Reservations by id.</summary>
internal readonly struct ById : IReservationKey<Guid>
{
    public static Guid KeyOf(Reservation reservation) => reservation.Id;

    public static ref Reservation? NextOf(Reservation reservation) => ref reservation.NextById;
}

/// <summary>Reservations of sessions by sticky id and tier.</summary>
internal readonly struct BySession : IReservationKey<(string StickyId, int Tier)>
{
    public static (string StickyId, int Tier) KeyOf(Reservation reservation) => (reservation.StickyId!, reservation.Tier.Number);

    public static ref Reservation? NextOf(Reservation reservation) => ref reservation.NextBySession;
}
