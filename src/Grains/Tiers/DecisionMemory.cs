using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>The latest decisions of an index, by reservation. Holds what is at hand when a decision is made; explaining all of them would cost more than
/// deciding.</summary>
/// <remarks>A decision is kept by value and refers to nothing of its request but a session's id and lists of hosts, which most have none of. Thousands of
/// requests that lived until they are forgotten here would be copied by every collection, and make its pauses three times as long. Explanations have an
/// entry for each host, so how many are kept depends on their size.</remarks>
internal sealed class DecisionMemory
{
    /// <summary>Decisions remembered.</summary>
    internal const int Capacity = 4096;

    /// <summary>Entries of hosts in all explanations that are kept: about 10 MB.</summary>
    internal const int MaxExplainedHosts = 65_536;

    private readonly Entry[] _ring = new Entry[Capacity];
    private readonly Dictionary<Guid, int> _slots = new(Capacity);
    private readonly Queue<Guid> _explained = new();
    private int _explainedHosts;
    private int _next;

    /// <summary>Remembers a decision, and forgets the oldest one for it.</summary>
    public void Add(Guid reservationId, in Entry entry)
    {
        ref var slot = ref _ring[_next];
        _slots.Remove(slot.ReservationId);
        _explainedHosts -= SizeOf(slot);
        slot = entry with { ReservationId = reservationId, Explanation = null };
        _slots[reservationId] = _next;
        _next = (_next + 1) % Capacity;
    }

    /// <summary>Remembers why a decision was made, as long as there is room; older explanations go first.</summary>
    public void Explain(Guid reservationId, PlacementExplanation explanation)
    {
        if (!_slots.TryGetValue(reservationId, out var slot) || explanation.Hosts.Length > MaxExplainedHosts)
        {
            return;
        }

        _ring[slot] = _ring[slot] with { Explanation = explanation };
        _explained.Enqueue(reservationId);
        _explainedHosts += explanation.Hosts.Length;
        while (_explainedHosts > MaxExplainedHosts || _explained.Count > Capacity)
        {
            if (_slots.TryGetValue(_explained.Dequeue(), out var oldest))
            {
                _explainedHosts -= SizeOf(_ring[oldest]);
                _ring[oldest] = _ring[oldest] with { Explanation = null };
            }
        }
    }

    /// <summary>The latest decisions, the latest first.</summary>
    public IEnumerable<Entry> Latest(int limit) => Enumerable.Range(1, Math.Min(limit, Capacity))
        .Select(back => _ring[(_next - back + Capacity) % Capacity])
        .TakeWhile(static entry => entry.ReservationId != Guid.Empty);

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

    private static int SizeOf(in Entry entry) => entry.Explanation?.Hosts.Length ?? 0;

    /// <summary>One decision.</summary>
    /// <param name="Query">What was asked.</param>
    /// <param name="ClientId">The host that was chosen.</param>
    /// <param name="DecidedAt">When.</param>
    /// <param name="Explanation">Why, if the request asked for that and there is room for it.</param>
    /// <param name="ReservationId">The reservation that was made.</param>
    internal readonly record struct Entry(
        PlacementQuery Query, string ClientId, DateTimeOffset DecidedAt, PlacementExplanation? Explanation = null, Guid ReservationId = default);
}
