using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Routing;

public sealed class PlacementBatcherTests : IDisposable
{
    private readonly FakeGrains _grains = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FleetView _fleet = new("default");
    private readonly IndexCalls _calls;
    private readonly PlacementBatcher _batcher;

    public PlacementBatcherTests()
    {
        _calls = new IndexCalls(_grains);
        _batcher = new PlacementBatcher(_grains.Factory, _fleet, isDurable: false, RoutingPatience.OneProcess, _time, NullLogger<PlacementBatcher>.Instance);
    }

    public void Dispose() => _batcher.Dispose();

    [Fact]
    public async Task PlaceAsync_WhileACallIsUnderWay_TravelsTogetherInTheNextOneWithWhatEnded()
    {
        var first = _batcher.PlaceAsync(Request("a"));
        var second = _batcher.PlaceAsync(Request("b"));
        var ended = Guid.NewGuid();
        _batcher.Release(ended);
        var third = _batcher.PlaceAsync(Request("c"));
        Assert.Equal(["a"], Assert.Single(_calls).Tiers);

        _calls.First().Grant();
        Assert.Equal("a", (await first).ClientId);
        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);
        Assert.Equal(["b", "c"], _calls.Last().Tiers);
        Assert.Equal([ended], _calls.Last().Released);

        _calls.Last().Grant();
        Assert.Equal(["b", "c"], (await Task.WhenAll(second, third)).Select(decision => decision.ClientId));
    }

    [Fact]
    public async Task PlaceAsync_CallerHasAKey_WhatComesTooLateStays()
    {
        var sent = _batcher.PlaceAsync(Request("a") with { ReservationId = Guid.NewGuid(), StickyId = CallerKeys.Format([1, 2, 3]) });
        _time.Advance(RoutingPatience.OneProcess.Total);
        await Assert.ThrowsAsync<TimeoutException>(() => sent);

        _calls.First().Grant();
        var next = _batcher.PlaceAsync(Request("b"));
        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);

        Assert.Empty(_calls.Last().Released);
        _calls.Last().Grant();
        await next;
    }

    [Fact]
    public async Task Release_WithoutARequest_IsToldAtOnceAndOnce()
    {
        var ended = Guid.NewGuid();
        _batcher.Release(ended);
        Assert.Equal([ended], Assert.Single(_calls).Released);

        _calls.First().Grant();
        var placed = _batcher.PlaceAsync(Request("a"));
        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);

        Assert.Empty(_calls.Last().Released);
        _calls.Last().Grant();
        await placed;
    }

    [Fact]
    public async Task PlaceAsync_IndexThatDoesNotAnswer_FailsAtTheDeadlineAndTellsNothingLater()
    {
        var sent = _batcher.PlaceAsync(Request("a"));
        _time.Advance(RoutingPatience.OneProcess.Total / 2);
        var waiting = _batcher.PlaceAsync(Request("b"));
        _time.Advance(RoutingPatience.OneProcess.Total / 2);
        await Assert.ThrowsAsync<TimeoutException>(() => sent);
        Assert.False(waiting.IsCompleted);

        _time.Advance(RoutingPatience.OneProcess.Total / 2);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);

        // What was given up before it was sent is not reserved for anybody.
        var late = _batcher.PlaceAsync(Request("c"));
        _calls.First().Grant();
        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);
        Assert.Equal(["c"], _calls.Last().Tiers);
        _calls.Last().Grant();
        Assert.Equal("c", (await late).ClientId);
    }

    [Fact]
    public async Task PlaceAsync_DecisionAfterTheDeadline_IsGivenBack()
    {
        var late = _batcher.PlaceAsync(Request("a"));
        _time.Advance(RoutingPatience.OneProcess.Total);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        var reservation = Guid.NewGuid();

        _calls.First().Answer.SetResult([new PlacementDecision { Outcome = RouteOutcome.Routed, ReservationId = reservation }]);

        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);
        Assert.Equal([reservation], _calls.Last().Released);
        _calls.Last().Grant();
    }

    [Fact]
    public async Task PlaceAsync_IndexThatAnotherOneHasFollowed_GrantsNothing()
    {
        var placed = _batcher.PlaceAsync(Request("a"));
        _fleet.Apply(new FleetChanges { Epoch = 8, Version = 1, IsFull = true, Changed = [], Removed = [] });

        _calls.First().Answer.SetResult([new PlacementDecision { Outcome = RouteOutcome.Routed, ReservationId = Guid.NewGuid(), Epoch = 7 }]);

        Assert.Equal(RouteOutcome.Unavailable, (await placed).Outcome);
    }

    [Fact]
    public async Task PlaceAsync_CallThatFails_FailsItsRequestsAndNoOthers()
    {
        var first = _batcher.PlaceAsync(Request("a"));
        var second = _batcher.PlaceAsync(Request("b"));
        _calls.First().Answer.SetException(new InvalidOperationException("index"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);

        await Eventually.BecomesTrueAsync(() => _calls.Count == 2);
        _calls.Last().Grant();
        Assert.Equal("b", (await second).ClientId);
    }

    [Fact]
    public async Task PlaceAsync_MoreThanMayWait_AreTurnedAway()
    {
        var decisions = Enumerable.Range(0, 10_000).Select(_ => _batcher.PlaceAsync(Request("a"))).ToList();

        var turnedAway = decisions.Where(decision => decision.IsCompleted).ToList();
        Assert.Equal(10_000 - 8192 - 1, turnedAway.Count);
        Assert.All(await Task.WhenAll(turnedAway), decision => Assert.Equal(RouteOutcome.Overloaded, decision.Outcome));
    }

    private static PlacementRequest Request(string tier) => new() { Tier = tier };
}
