using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>The latest decisions of an index, by reservation. Holds what is at hand when a decision is made; explaining all of them would cost more than deciding.</summary>
/// <remarks>A decision is kept by value and refers to nothing of its request but a session's id and lists of hosts, which most have none of. Thousands of requests
/// that lived until they are forgotten here would be copied by every collection, and make its pauses three times as long.</remarks>
internal sealed class DecisionMemory
{
    /// <summary>Decisions remembered.</summary>
    internal const int Capacity = 4096;

    private readonly Entry[] _ring = new Entry[Capacity];
    private readonly Dictionary<Guid, int> _slots = new(Capacity);
    private int _next;

    /// <summary>Remembers a decision, and forgets the oldest one for it.</summary>
    public void Add(Guid reservationId, in Entry entry)
    {
        _slots.Remove(_ring[_next].ReservationId);
        _ring[_next] = entry with { ReservationId = reservationId };
        _slots[reservationId] = _next;
        _next = (_next + 1) % Capacity;
    }

    /// <summary>The decision that made a reservation.</summary>
    public bool TryGet(Guid reservationId, out Entry entry)
    {
        entry = default;
        if (!_slots.TryGetValue(reservationId, out var slot))
        {
            return false;
        }

        entry = _ring[slot];
        return true;
    }

    /// <summary>One decision.</summary>
    /// <param name="Query">What was asked.</param>
    /// <param name="ClientId">The host that was chosen.</param>
    /// <param name="DecidedAt">When.</param>
    /// <param name="Explanation">Why, if the request asked for that.</param>
    /// <param name="ReservationId">The reservation that was made.</param>
    internal readonly record struct Entry(
        PlacementQuery Query, string ClientId, DateTimeOffset DecidedAt, PlacementExplanation? Explanation, Guid ReservationId = default);
}
