using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Routing;

/// <summary>What a gateway remembers of sessions, over the lives of several indexes.</summary>
public sealed class SessionCacheTests
{
    private static readonly SessionTier Session = new("s", "small");

    private readonly FleetView _fleet = new("default");
    private readonly SessionCache _cache;
    private FleetLog _index = new([new TierSpec { Name = "small" }], 1);

    public SessionCacheTests()
    {
        _cache = new SessionCache(_fleet, new ServerOptions(), TimeProvider.System);

        // A long life: versions of the next index must be higher all the same.
        for (var i = 0; i < 100; i++)
        {
            Publish();
        }
    }

    [Fact]
    public void Set_AnswerFromBeforeTheIndexThatDecidesNow_IsVoid()
    {
        var before = _fleet.Version;
        BeginIndex();

        Remember(before);

        Assert.False(_cache.TryGet(Session, 0, out _));
    }

    [Fact]
    public void Set_AnswerFromTheIndexThatDecidesNow_HoldsUntilTheNextOneBegins()
    {
        BeginIndex();
        Remember(_fleet.Version);
        Assert.True(_cache.TryGet(Session, 0, out _));

        BeginIndex();

        Assert.False(_cache.TryGet(Session, 0, out _));
    }

    [Fact]
    public void Set_SessionThatWasEndedUnderAnEarlierIndex_IsRememberedAgain()
    {
        _index.EndSession("s");
        Follow();
        BeginIndex();

        Remember(_fleet.Version);

        Assert.True(_cache.TryGet(Session, 0, out _));
    }

    [Fact]
    public void TryGet_SessionEndedSince_IsForgotten()
    {
        Remember(_fleet.Version);
        _index.EndSession("s");

        Follow();

        Assert.False(_cache.TryGet(Session, 0, out _));
    }

    [Fact]
    public void TryGet_AllSessionsEndedSince_IsForgotten()
    {
        Remember(_fleet.Version);
        _index.EndAllSessions();

        Follow();

        Assert.False(_cache.TryGet(Session, 0, out _));
    }

    [Fact]
    public void TryGetLastKnown_AfterTheIndexChanged_KnowsTheSessionStill()
    {
        Remember(_fleet.Version);
        BeginIndex();

        Assert.False(_cache.TryGet(Session, 0, out _));
        Assert.True(_cache.TryGetLastKnown(Session, out var known));
        Assert.Equal("a", known.Entry.Snapshot.ClientId);
    }

    [Fact]
    public void TryGetLastKnown_SessionEndedSince_IsForgotten()
    {
        Remember(_fleet.Version);
        _index.EndSession("s");
        Follow();

        Assert.False(_cache.TryGetLastKnown(Session, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryGetLastKnown_HostThatLostItsSessions_IsForgotten(bool isGone)
    {
        Remember(_fleet.Version);
        if (isGone)
        {
            _index.Remove("a");
        }
        else
        {
            _index.Publish(Hosts.New("a") with { AffinityEpoch = 7 }, 0);
        }

        Follow();

        Assert.False(_cache.TryGetLastKnown(Session, out _));
    }

    private void BeginIndex()
    {
        _index = new([new TierSpec { Name = "small" }], _fleet.Epoch + 1);
        Publish();
    }

    private void Publish()
    {
        _index.Publish(Hosts.New("a"), 0);
        Follow();
    }

    private void Follow() => Assert.True(_fleet.Apply(_index.ChangesSince(_fleet.Epoch, _fleet.Version)));

    private void Remember(long asOf)
    {
        var now = TimeProvider.System.GetTimestamp();
        _cache.Set(Session, 0, new CachedSession(_fleet.Find("a")!, asOf, AffinityEpoch: 0, Guid.NewGuid(), [], now, long.MaxValue));
    }
}
