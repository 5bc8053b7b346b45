using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Routing;

/// <summary>What a gateway hands in to an index that begins.</summary>
public sealed class IndexFollowerTests
{
    private static readonly PlacementRequest Request = new() { Tier = "small" };

    private readonly FakeGrains _grains = new();
    private long _epoch = 1;
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<(HeldReservation[] Held, Guid[] Ended)> _joins = new();

    public IndexFollowerTests() => _grains.Joining = (held, ended) =>
    {
        _joins.Enqueue((held, ended));
        return Task.FromResult(_epoch);
    };

    [Fact]
    public async Task Note_IndexOfANewEpoch_IsJoinedOnceWithWhatItsPredecessorCouldNotStore()
    {
        var follower = Follower(ClusterMode.Postgres);
        follower.Note(Request, Granted(epoch: 1, isUnstored: false));
        await UntilJoinsAsync(1);
        var (kept, returned) = (Granted(epoch: 1, isUnstored: true), Granted(epoch: 1, isUnstored: true));
        follower.Note(Request, kept);
        follower.Note(Request, returned);
        follower.Ended(returned.ReservationId);
        Assert.Single(_joins);

        _time.Advance(TimeSpan.FromSeconds(20));
        _epoch = 2;
        follower.Note(Request, Granted(epoch: 2, isUnstored: false));
        await UntilJoinsAsync(2);

        var held = Assert.Single(_joins.Last().Held);
        Assert.Equal((kept.ReservationId, "host", "small", TimeSpan.FromSeconds(100)), (held.Id, held.ClientId, held.Tier, held.Remaining));
        Assert.Equal([returned.ReservationId], _joins.Last().Ended);
    }

    [Fact]
    public async Task Note_ReservationsThatAreOver_AreNotHandedIn()
    {
        var follower = Follower(ClusterMode.Postgres);
        follower.Note(Request, Granted(epoch: 1, isUnstored: true));
        await UntilJoinsAsync(1);
        follower.Ended(Guid.NewGuid());
        _time.Advance(TimeSpan.FromSeconds(121));

        var last = Guid.NewGuid();
        follower.Ended(last);
        _epoch = 2;
        follower.Note(Request, Granted(epoch: 2, isUnstored: false));
        await UntilJoinsAsync(2);

        Assert.Empty(_joins.Last().Held);
        Assert.Equal([last], _joins.Last().Ended);
    }

    [Fact]
    public async Task Note_JoinFails_IsTriedAgainWithTheNextDecision()
    {
        var follower = Follower(ClusterMode.Postgres);
        var join = _grains.Joining;
        var failures = 0;
        _grains.Joining = (_, _) =>
        {
            Interlocked.Increment(ref failures);
            return Task.FromException<long>(new TimeoutException());
        };
        follower.Note(Request, Granted(epoch: 1, isUnstored: false));
        await Eventually.BecomesTrueAsync(() => failures > 0);
        _grains.Joining = join;

        await Eventually.BecomesTrueAsync(() =>
        {
            follower.Note(Request, Granted(epoch: 1, isUnstored: false));
            return !_joins.IsEmpty;
        });
    }

    [Fact]
    public async Task Note_OfTheSameIndexForLong_SaysNowAndThenThatItIsThere()
    {
        var follower = Follower(ClusterMode.Postgres);
        for (var i = 0; i < 10; i++)
        {
            follower.Note(Request, Granted(epoch: 1, isUnstored: false));
            _time.Advance(GatewayPresence.Interval / 2);
        }

        await UntilJoinsAsync(1);
        Assert.InRange(_grains.Stays, 4, 6);
    }

    [Fact]
    public void Note_WithoutACluster_JoinsNothing()
    {
        var follower = Follower(ClusterMode.Embedded);
        follower.Note(Request, Granted(epoch: 1, isUnstored: true));
        follower.Ended(Guid.NewGuid());

        Assert.Empty(_joins);
    }

    private static PlacementDecision Granted(long epoch, bool isUnstored) => new()
    {
        Outcome = RouteOutcome.Routed,
        ClientId = "host",
        ReservationId = Guid.NewGuid(),
        ReservedFor = TimeSpan.FromSeconds(120),
        Epoch = epoch,
        IsUnstored = isUnstored,
    };

    private Task UntilJoinsAsync(int count) => Eventually.BecomesTrueAsync(() => _joins.Count == count);

    private IndexFollower Follower(ClusterMode cluster) =>
        new(_grains.Factory, new FleetView("default"), new ServerOptions { Cluster = cluster }, _time, NullLogger<IndexFollower>.Instance);
}
