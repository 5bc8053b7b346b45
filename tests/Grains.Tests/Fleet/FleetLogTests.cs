using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Fleet;

public sealed class FleetLogTests
{
    private readonly FleetLog _log = new([TestFleet.Small], 1);
    private readonly FleetView _view = new("default");

    [Fact]
    public void ChangesSince_FirstQuestion_IsFullWithTiers()
    {
        _log.Publish(TestFleet.Host("a"), 0);

        var changes = _log.ChangesSince(0, 0);

        Assert.True(changes.IsFull);
        Assert.Equal("a", Assert.Single(changes.Changed).Snapshot.ClientId);
        Assert.Equal("small", Assert.Single(changes.Tiers!.Value).Name);
    }

    [Fact]
    public void ChangesSince_KnownVersion_HasOnlyWhatChanged()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        _log.Publish(TestFleet.Host("b"), 0);
        var version = _log.Version;
        _log.Publish(TestFleet.Host("b", health: HealthStatus.Unhealthy), 0);

        var changes = _log.ChangesSince(_log.Epoch, version);

        Assert.False(changes.IsFull);
        Assert.Equal(HealthStatus.Unhealthy, Assert.Single(changes.Changed).Snapshot.Health);
        Assert.Null(changes.Tiers);
    }

    [Fact]
    public void ChangesSince_HostWentAndCameBack_ViewHasItAsANewEntry()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        var before = _view.Find("a")!;
        _log.Remove("a");
        _log.Publish(TestFleet.Host("a"), 0);

        Follow();

        Assert.True(before.IsGone);
        Assert.NotNull(_view.Find("a"));
        Assert.NotSame(before, _view.Find("a"));
    }

    [Fact]
    public void ChangesSince_ReaderBehindTheTombstones_GetsAFullCopy()
    {
        _log.Publish(TestFleet.Host("kept"), 0);
        _log.Publish(TestFleet.Host("gone"), 0);
        Follow();
        _log.Remove("gone");
        for (var i = 0; i < 5_000; i++)
        {
            _log.Publish(TestFleet.Host("passing"), 0);
            _log.Remove("passing");
        }

        Assert.True(_log.ChangesSince(_view.Epoch, _view.Version).IsFull);
        Follow();

        Assert.Null(_view.Find("gone"));
        Assert.NotNull(_view.Find("kept"));
    }

    [Fact]
    public void Publish_HostStopsKeepingSessions_RaisesItsSessionEpochOnce()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        var first = _view.Find("a")!.Host.SessionEpoch;

        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        Assert.Equal(first, _view.Find("a")!.Host.SessionEpoch);

        _log.Publish(TestFleet.Host("a", health: HealthStatus.Unhealthy), 0);
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        Assert.True(_view.Find("a")!.Host.SessionEpoch > first, "a reader that missed the bad state must still learn of it");
    }

    [Fact]
    public void Publish_TierBecomesOverloaded_RaisesTheSessionEpoch()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        var first = _view.Find("a")!.Host.SessionEpoch;

        _log.Publish(TestFleet.Host("a"), 1);
        Follow();

        Assert.True(_view.Find("a")!.Host.SessionEpoch > first);
        Assert.Equal(1UL, _view.Find("a")!.Host.OverloadedTiers);
    }

    [Fact]
    public void Apply_CopyOfAnotherIndex_ReplacesEveryEntry()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        var before = _view.Find("a")!;
        var other = new FleetLog([TestFleet.Small], 2);
        other.Publish(TestFleet.Host("a"), 0);

        _view.Apply(other.ChangesSince(_view.Epoch, _view.Version));

        Assert.True(before.IsGone);
        Assert.NotSame(before, _view.Find("a"));
        Assert.True(_view.Version > _log.Version);
    }

    [Fact]
    public void Apply_CopyOfAnIndexThatWasFollowed_IsIgnored()
    {
        var next = new FleetLog([TestFleet.Small], 2);
        next.Publish(TestFleet.Host("a"), 0);
        _view.Apply(next.ChangesSince(_view.Epoch, _view.Version));
        _log.Publish(TestFleet.Host("b"), 0);

        Assert.False(_view.Apply(_log.ChangesSince(_view.Epoch, _view.Version)));

        Assert.Equal((2L, next.Version), (_view.Epoch, _view.Version));
        Assert.Null(_view.Find("b"));
    }

    [Fact]
    public void EndAllSessions_EveryViewStartsOver()
    {
        _log.Publish(TestFleet.Host("a"), 0);
        Follow();
        var before = _view.Find("a")!;

        _log.EndAllSessions();
        Follow();

        Assert.True(before.IsGone);
        Follow();
        Assert.False(_view.Find("a")!.IsGone);
    }

    [Fact]
    public void Apply_RandomSteps_ViewEqualsTheModel()
    {
        var random = new Random(7);
        var model = new Dictionary<string, HostSnapshot>(StringComparer.Ordinal);
        for (var step = 0; step < 20_000; step++)
        {
            var id = $"h{random.Next(50)}";
            if (random.Next(4) == 0)
            {
                _log.Remove(id);
                model.Remove(id);
            }
            else
            {
                model[id] = TestFleet.Host(id, registeredAt: step);
                _log.Publish(model[id], 0);
            }

            if (random.Next(10) == 0)
            {
                Follow();
                Assert.Equal(
                    model.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value.RegisteredAt)),
                    _view.Entries.Select(entry => (entry.Snapshot.ClientId, entry.Snapshot.RegisteredAt)).OrderBy(pair => pair.ClientId,
                        StringComparer.Ordinal));
            }
        }
    }

    private void Follow() => _view.Apply(_log.ChangesSince(_view.Epoch, _view.Version));
}
