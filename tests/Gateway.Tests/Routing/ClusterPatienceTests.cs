using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Routing;

/// <summary>A batcher whose index is in another process: it asks again, and reserves nothing twice.</summary>
public sealed class ClusterPatienceTests : IDisposable
{
    private readonly FakeGrains _grains = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FleetView _fleet = new("default");
    private readonly IndexCalls _calls;
    private readonly PlacementBatcher _batcher;

    public ClusterPatienceTests()
    {
        _calls = new IndexCalls(_grains);
        _batcher = new PlacementBatcher(_grains.Factory, _fleet, isDurable: true, RoutingPatience.Cluster, _time, NullLogger<PlacementBatcher>.Instance);
    }

    public void Dispose() => _batcher.Dispose();

    [Fact]
    public async Task PlaceAsync_CallFails_AsksAgainForTheSameReservation()
    {
        var ended = Guid.NewGuid();
        _batcher.Release(ended);
        _calls.First().Answer.SetException(new InvalidOperationException("the silo died"));
        await UntilCallsAsync(2);
        Assert.Equal([ended], _calls.Last().Released);
        _calls.Last().Grant(epoch: 0);

        var placed = _batcher.PlaceAsync(new PlacementRequest { Tier = "a" });
        await UntilCallsAsync(3);
        _calls.Last().Answer.SetException(new InvalidOperationException("the silo died"));
        await UntilCallsAsync(4);

        var asked = _calls.TakeLast(2).Select(static call => Assert.Single(call.Requests).ReservationId).ToList();
        Assert.NotEqual(Guid.Empty, asked[0]);
        Assert.Equal(asked[0], asked[1]);
        _calls.Last().Grant(epoch: 0);
        Assert.Equal(asked[0], (await placed).ReservationId);
    }

    [Fact]
    public async Task PlaceAsync_CallNeverEnds_AsksAgainAfterAWhile()
    {
        var placed = _batcher.PlaceAsync(new PlacementRequest { Tier = "a" });
        await UntilCallsAsync(2);

        // What the first call grants late is the same reservation.
        _calls.First().Grant(epoch: 0);
        _calls.Last().Grant(epoch: 0);

        Assert.Equal(_calls.First().Requests[0].ReservationId, (await placed).ReservationId);
    }

    [Theory]
    [InlineData(RouteOutcome.Unavailable)]
    [InlineData(RouteOutcome.NotStored)]
    public async Task PlaceAsync_IndexCannotDecideYet_AsksAgain(RouteOutcome outcome)
    {
        var placed = _batcher.PlaceAsync(new PlacementRequest { Tier = "a" });
        _calls.First().Answer.SetResult([new PlacementDecision { Outcome = outcome }]);
        await UntilCallsAsync(2);

        _calls.Last().Grant(epoch: 0);

        Assert.Equal(RouteOutcome.Routed, (await placed).Outcome);
    }

    [Fact]
    public async Task PlaceAsync_IndexThatAnotherOneHasFollowed_AsksTheSuccessor()
    {
        var placed = _batcher.PlaceAsync(new PlacementRequest { Tier = "a" });
        _fleet.Apply(new FleetChanges { Epoch = 8, Version = 1, IsFull = true, Changed = [], Removed = [] });
        _calls.First().Grant(epoch: 7);
        await UntilCallsAsync(2);

        _calls.Last().Grant(epoch: 8);

        Assert.Equal(8, (await placed).Epoch);
    }

    [Fact]
    public async Task PlaceAsync_NoIndexInAllThatTime_FailsAndGivesBackWhatMayHaveBeenGranted()
    {
        _grains.Deciding = (released, requests) =>
        {
            _calls.Enqueue(new IndexCalls.Call(released, requests));
            return Task.FromException<PlacementDecision[]>(new InvalidOperationException("no silo"));
        };
        var placed = _batcher.PlaceAsync(new PlacementRequest { Tier = "a" });
        await Eventually.BecomesTrueAsync(() => Advance() && placed.IsCompleted);
        await Assert.ThrowsAsync<TimeoutException>(() => placed);
        var reservation = _calls.First().Requests[0].ReservationId;

        await Eventually.BecomesTrueAsync(() => Advance() && _calls.Any(call => call.Released.Contains(reservation)));
    }

    private Task UntilCallsAsync(int count) => Eventually.BecomesTrueAsync(() => Advance() && _calls.Count == count);

    private bool Advance()
    {
        _time.Advance(RoutingPatience.Pause);
        return true;
    }
}
