using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Waiting;

/// <summary>
/// Those who wait for room in a pool. Order: by priority; among the tenants of one priority who has been served least for its weight; of one tenant who has
/// waited longest. Who does not fit now is passed over, so a small session goes ahead of a large one that no host has room for yet. For one caller at a
/// time, with the index's clock.
/// </summary>
/// <param name="index">Where room is taken.</param>
internal sealed class WaitingRoom(PlacementIndex index)
{
    /// <summary>Further ones are refused at once.</summary>
    internal const int Capacity = 20_000;

    /// <summary>Whose ticket nobody shows for so long has left.</summary>
    internal const long PatienceMs = 2000;

    private readonly Dictionary<Guid, Waiter> _waiters = [];
    private readonly Dictionary<(int Priority, string Name), Tenant> _tenants = [];
    private readonly List<Tenant> _order = [];
    private readonly int[] _counts = new int[index.Tiers.Length];
    private readonly WaitPace[] _paces = new WaitPace[index.Tiers.Length];

    /// <summary>What the tenant served last had been served for its weight before.</summary>
    private double _pass;

    /// <summary>Whether nobody waits, and nobody has a slot that is not used yet.</summary>
    public bool IsEmpty => _waiters.Count == 0;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many wait for a tier.</summary>
    public int CountOf(int tier) => _counts[tier];

    /// <summary>How long the one has waited that has waited longest for a tier, ms; 0 when none does.</summary>
    public long OldestMs(int tier, long nowMs) =>
        _counts[tier] == 0 ? 0 : _order.Max(tenant => tenant.Of(tier).FirstOrDefault() is { } first ? nowMs - first.Since : 0);

    /// <summary>The one with a ticket, who joins unless it waits already or has been served. Null when too many wait.</summary>
    public Waiter? Enter(WaitTicket ticket, in PlacementQuery query, long nowMs)
    {
        if (_waiters.TryGetValue(ticket.Id, out var known))
        {
            return known;
        }

        if (Count >= Capacity)
        {
            return null;
        }

        var tenant = TenantOf(ticket);
        var waiter = new Waiter(ticket.Id, query, tenant, nowMs - (long)ticket.Waited.TotalMilliseconds);
        _waiters.Add(ticket.Id, waiter);
        tenant.Add(waiter);
        _counts[query.Tier]++;
        Count++;
        return waiter;
    }

    /// <summary>Its holder leaves, or has what it wanted. A slot that was not used ends.</summary>
    public void Leave(Guid ticket, long nowMs)
    {
        if (!_waiters.Remove(ticket, out var waiter))
        {
            return;
        }

        if (waiter.Slot == Guid.Empty)
        {
            TakeOut(waiter);
        }
        else
        {
            index.Release(waiter.Slot, nowMs, ReservationEnd.Displaced);
        }
    }

    /// <summary>Gives room to all who fit, in order. True when somebody got some.</summary>
    public bool Serve(long nowMs)
    {
        var hasServed = false;
        for (var at = 0; at < _order.Count && Count > 0;)
        {
            // All tenants of the next priority. What did not fit once does not fit again in this round.
            var end = _order.FindIndex(at, tenant => tenant.Priority != _order[at].Priority);
            end = end < 0 ? _order.Count : end;
            var unfit = 0UL;
            while (NextOf(at, end, unfit) is { } waiter)
            {
                var outcome = index.Place(waiter.Query, nowMs, out var placement);
                if (outcome != RouteOutcome.Routed)
                {
                    unfit |= 1UL << waiter.Query.Tier;
                    continue;
                }

                hasServed = true;
                _pass = waiter.Tenant.Pass;
                waiter.Tenant.Pass += 1 / waiter.Tenant.Weight;
                _paces[waiter.Query.Tier].Note(nowMs);
                TakeOut(waiter);
                waiter.Serve(placement.ReservationId);
            }

            at = end;
        }

        ForgetIdle();
        return hasServed;
    }

    /// <summary>Takes out those whose ticket nobody has shown for too long.</summary>
    public void Sweep(long nowMs)
    {
        foreach (var waiter in _waiters.Values.Where(waiter => waiter.AskedAt < nowMs - PatienceMs).ToList())
        {
            Leave(waiter.Id, nowMs);
        }

        ForgetIdle();
    }

    /// <summary>How many of its tier are before it, and itself; weights aside.</summary>
    public int PositionOf(Waiter waiter)
    {
        var position = 1;
        foreach (var tenant in _order.Where(tenant => tenant.Priority >= waiter.Tenant.Priority))
        {
            position += tenant.Of(waiter.Query.Tier).TakeWhile(other => tenant.Priority > waiter.Tenant.Priority || other.Since < waiter.Since).Count();
        }

        return position;
    }

    /// <summary>How long one at a position still waits, at the tier's pace; null when that is not known.</summary>
    public TimeSpan? Estimate(int tier, int position, long nowMs) =>
        _paces[tier].IntervalMs(nowMs) is { } interval ? TimeSpan.FromMilliseconds(interval * position) : null;

    private Tenant TenantOf(WaitTicket ticket)
    {
        var key = (ticket.Priority, ticket.Tenant);
        if (!_tenants.TryGetValue(key, out var tenant))
        {
            tenant = new(ticket.Tenant, ticket.Priority, ticket.Weight, index.Tiers.Length);
            _tenants.Add(key, tenant);
            var at = _order.FindIndex(other => other.Priority < ticket.Priority);
            _order.Insert(at < 0 ? _order.Count : at, tenant);
        }

        if (tenant.Count == 0)
        {
            // Who comes back has saved nothing up.
            tenant.Pass = Math.Max(tenant.Pass, _pass);
        }

        tenant.Weight = Math.Clamp(ticket.Weight, 1e-3, 1e3);
        return tenant;
    }

    private Waiter? NextOf(int start, int end, ulong unfit)
    {
        (Waiter? Waiter, double Pass) next = (null, double.PositiveInfinity);
        for (var i = start; i < end; i++)
        {
            if (_order[i].Pass < next.Pass && _order[i].Oldest(unfit) is { } oldest)
            {
                next = (oldest, _order[i].Pass);
            }
        }

        return next.Waiter;
    }

    private void TakeOut(Waiter waiter)
    {
        waiter.Tenant.Remove(waiter);
        _counts[waiter.Query.Tier]--;
        Count--;
    }

    /// <summary>A tenant that nobody waits for counts only while others have been served less than it.</summary>
    private void ForgetIdle()
    {
        if (_order.Count > 0 && _order.RemoveAll(tenant => tenant.Count == 0 && (Count == 0 || tenant.Pass <= _pass)) > 0)
        {
            foreach (var key in _tenants.Where(pair => !_order.Contains(pair.Value)).Select(static pair => pair.Key).ToList())
            {
                _tenants.Remove(key);
            }
        }
    }
}
