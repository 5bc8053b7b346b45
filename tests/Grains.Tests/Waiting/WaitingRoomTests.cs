using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Grains.Tests.Placement;
using Opsen.Grains.Waiting;

namespace Opsen.Grains.Tests.Waiting;

public sealed class WaitingRoomTests
{
    private const long Second = 1000;

    private readonly PlacementIndex _index = new(
        [new() { Name = "small", MemoryGb = 1 }, new() { Name = "large", MemoryGb = 8 }], TimeSpan.FromHours(1));

    private readonly WaitingRoom _room;
    private readonly List<Guid> _held = [];

    public WaitingRoomTests()
    {
        _room = new(_index);
        _index.Upsert(Hosts.Create("host", Hosts.Load(memoryFree: 8)), 0);
        Fill();
    }

    [Fact]
    public void Serve_NoRoom_NobodyIsServed()
    {
        var waiter = Enter("a");

        Assert.False(_room.Serve(0));

        Assert.Equal((Guid.Empty, 1, 1), (waiter.Slot, _room.Count, _room.CountOf(0)));
    }

    [Fact]
    public void Serve_RoomComes_TheFirstHoldsItUntilItLeaves()
    {
        var (first, second) = (Enter("a", at: 0), Enter("a", at: 1));

        Free(1);
        Assert.True(_room.Serve(Second));

        Assert.True(first.Served.IsCompleted);
        Assert.False(second.Served.IsCompleted);
        Assert.Equal(8, _index.ReservationCount);
        Assert.Equal(RouteOutcome.NoCapacity, _index.Place(new(), Second, out _));

        // The placement takes the slot's room, and nothing is left to give back.
        Assert.Equal(RouteOutcome.Routed, _index.Place(new() { Slot = first.Slot }, Second, out _));
        _room.Leave(first.Id, Second);
        Assert.Equal(8, _index.ReservationCount);
        Assert.False(_room.Serve(Second));
    }

    [Fact]
    public void Leave_SlotWasNotUsed_TheNextGetsIt()
    {
        var (first, second) = (Enter("a", at: 0), Enter("a", at: 1));
        Free(1);
        _room.Serve(Second);

        _room.Leave(first.Id, Second);
        _room.Serve(Second);

        Assert.True(second.Served.IsCompleted);
    }

    [Fact]
    public void Sweep_NobodyShowsATicket_ItIsGoneWithItsSlot()
    {
        var (served, waiting, asked) = (Enter("a", at: 0), Enter("a", at: 1), Enter("a", at: 2));
        Free(1);
        _room.Serve(Second);
        (served.AskedAt, waiting.AskedAt) = (Second, Second);

        _room.Sweep(Second + WaitingRoom.PatienceMs);
        Assert.Equal(2, _room.Count);
        _room.Sweep(Second + WaitingRoom.PatienceMs + 1);
        _room.Serve(Second + WaitingRoom.PatienceMs + 1);

        Assert.True(asked.Served.IsCompleted);
        Assert.False(waiting.Served.IsCompleted);
        Assert.Equal(0, _room.Count);
    }

    [Fact]
    public void Serve_Priorities_TheHigherFirst()
    {
        var (low, high) = (Enter("a", at: 0), Enter("b", priority: 5, at: 1));

        Free(1);
        _room.Serve(Second);

        Assert.True(high.Served.IsCompleted);
        Assert.False(low.Served.IsCompleted);
    }

    [Fact]
    public void Serve_LargeOneDoesNotFit_SmallerOnesPass()
    {
        var (large, small) = (Enter("a", tier: "large", at: 0), Enter("a", at: 1));

        Free(1);
        _room.Serve(Second);
        Assert.True(small.Served.IsCompleted);
        Assert.False(large.Served.IsCompleted);

        Free(7);
        _room.Leave(small.Id, Second);
        _room.Serve(Second);
        Assert.True(large.Served.IsCompleted);
    }

    /// <summary>One tenant asks ten times as much as the other, and has a quarter of its weight.</summary>
    [Fact]
    public void Serve_WeightsOfFourToOne_HoldHoweverMuchEachAsks()
    {
        var served = new Dictionary<string, int> { ["light"] = 0, ["heavy"] = 0 };
        var waiting = new List<(string Tenant, Waiter Waiter)>();
        var now = 0L;
        for (var round = 0; round < 2000; round++)
        {
            now += 10;
            while (waiting.Count(one => one.Tenant == "heavy") < 5)
            {
                waiting.Add(("heavy", Enter("heavy", weight: 4, at: now)));
            }

            while (waiting.Count(one => one.Tenant == "light") < 50)
            {
                waiting.Add(("light", Enter("light", weight: 1, at: now)));
            }

            Free(1);
            _room.Serve(now);
            foreach (var (tenant, waiter) in waiting.Where(static one => one.Waiter.Served.IsCompleted).ToList())
            {
                served[tenant]++;
                waiting.Remove((tenant, waiter));
                _index.Place(new() { Slot = waiter.Slot }, now, out var placed);
                _held.Add(placed.ReservationId);
                _room.Leave(waiter.Id, now);
            }
        }

        Assert.Equal(2000, served.Values.Sum());
        Assert.InRange(served["heavy"] / (double)served["light"], 3.95, 4.05);
    }

    [Fact]
    public void Serve_TenantThatWasAway_HasSavedNothingUp()
    {
        Enter("busy", at: 0);
        for (var i = 0; i < 6; i++)
        {
            Enter("busy", at: i);
            Free(1);
            _room.Serve(Second);
        }

        // Six times as much was served to the other, and yet they take turns from now on.
        var (back, again) = (Enter("back", at: 10), Enter("back", at: 11));
        Enter("busy", at: 12);
        Free(2);
        _room.Serve(Second);

        Assert.Equal((true, false), (back.Served.IsCompleted, again.Served.IsCompleted));
    }

    [Fact]
    public void PositionOf_Waiters_CountsThoseBefore()
    {
        var (first, second, urgent, other) = (Enter("a", at: 0), Enter("b", at: 1), Enter("c", priority: 1, at: 2), Enter("a", tier: "large", at: 0));

        Assert.Equal((2, 3, 1, 1), (_room.PositionOf(first), _room.PositionOf(second), _room.PositionOf(urgent), _room.PositionOf(other)));
    }

    [Fact]
    public void Estimate_ServedEachTwoSeconds_IsThePositionTimesThat()
    {
        Assert.Null(_room.Estimate(0, 1, 0));
        var now = 0L;
        for (var i = 0; i < 5; i++)
        {
            now += 2 * Second;
            Enter("a", at: now);
            Free(1);
            _room.Serve(now);
        }

        Assert.Equal(TimeSpan.FromSeconds(6), _room.Estimate(0, 3, now));
        Assert.Null(_room.Estimate(1, 1, now));
    }

    [Fact]
    public void Enter_SameTicketTwice_IsOneWaiterWithItsEarlierTime()
    {
        var ticket = Ticket("a") with { Waited = TimeSpan.FromSeconds(7) };

        Assert.Same(_room.Enter(ticket, new(), 10 * Second), _room.Enter(ticket, new(), 12 * Second));

        Assert.Equal((1, 4 * Second + 500), (_room.Count, _room.OldestMs(0, (7 * Second) + 500)));
    }

    [Fact]
    public void Enter_TooMany_IsRefused()
    {
        for (var i = 0; i < WaitingRoom.Capacity; i++)
        {
            Assert.NotNull(_room.Enter(Ticket("a"), new(), i));
        }

        Assert.Null(_room.Enter(Ticket("b"), new(), 0));
    }

    /// <summary>After each step nobody waits who fits, and of one tier none of a lower priority has been served before one of a higher.</summary>
    [Fact]
    public void Serve_RandomSteps_NobodyWaitsWhoFits()
    {
        var random = new Random(11);
        var waiting = new List<Waiter>();
        for (var step = 0L; step < 3000; step++)
        {
            var before = waiting.ToList();
            switch (random.Next(4))
            {
                case 0 or 1:
                    waiting.Add(Enter($"t{random.Next(5)}", random.Next(3), random.Next(1, 5), random.Next(3) == 0 ? "large" : "small", step));
                    break;
                case 2 when waiting.Count > 0:
                    var gone = waiting[random.Next(waiting.Count)];
                    _room.Leave(gone.Id, step);
                    waiting.Remove(gone);
                    break;
                default:
                    Free(random.Next(3));
                    break;
            }

            _room.Serve(step);
            var served = waiting.Where(static waiter => waiter.Served.IsCompleted).ToList();
            waiting.RemoveAll(served.Contains);
            foreach (var waiter in served)
            {
                Assert.DoesNotContain(waiting, other => other.Query.Tier == waiter.Query.Tier && other.Tenant.Priority > waiter.Tenant.Priority);
                _held.Add(waiter.Slot);
            }

            Assert.Equal(waiting.Count, _room.Count);
            foreach (var tier in waiting.Select(static waiter => waiter.Query.Tier).Distinct())
            {
                Assert.Equal(RouteOutcome.NoCapacity, _index.Choose(new() { Tier = tier }, step, out _));
            }
        }
    }

    private static WaitTicket Ticket(string tenant, int priority = 0, double weight = 1, string tier = "small") => new()
    {
        Id = Guid.NewGuid(),
        Request = new() { Tier = tier },
        Tenant = tenant,
        Priority = priority,
        Weight = weight,
    };

    private Waiter Enter(string tenant, int priority = 0, double weight = 1, string tier = "small", long at = 0) =>
        _room.Enter(Ticket(tenant, priority, weight, tier), new() { Tier = tier == "small" ? 0 : 1 }, at)!;

    private void Fill()
    {
        while (_index.Place(new(), 0, out var placement) == RouteOutcome.Routed)
        {
            _held.Add(placement.ReservationId);
        }
    }

    private void Free(int count)
    {
        for (; count > 0 && _held.Count > 0; count--)
        {
            _index.Release(_held[0], 0);
            _held.RemoveAt(0);
        }
    }
}
