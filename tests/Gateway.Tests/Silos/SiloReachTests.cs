using System.Net;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Silos;

namespace Opsen.Gateway.Tests.Silos;

public sealed class SiloReachTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(1, 3).Select(static i => SiloAddress.New(IPAddress.Parse($"10.0.0.{i}"), 30000, i))];

    private readonly FakeTimeProvider _time = new();
    private readonly SiloReach _reach;

    public SiloReachTests()
    {
        _reach = new SiloReach(_time);
        _reach.Follow(Silos);
    }

    [Fact]
    public void Judge_OneIsSilentWhileOthersAnswer_LeavesItOutOnceAndTriesItAgain()
    {
        var news = Pass(TimeSpan.FromSeconds(3), answering: Silos[..2]);

        Assert.Equal([Silos[2]], news);
        Assert.Equal(Silos[..2], Usable());

        // It is tried again, and left out again without being news.
        Assert.Empty(Pass(TimeSpan.FromSeconds(4.5), answering: Silos[..2]));
        Assert.Equal(Silos, Usable());
        Assert.Empty(Pass(TimeSpan.FromSeconds(3), answering: Silos[..2]));
        Assert.Equal(Silos[..2], Usable());
    }

    [Fact]
    public void Heard_OfOneThatWasLeftOut_IsNewsOnceAndItIsUsedAtOnce()
    {
        Pass(TimeSpan.FromSeconds(3), answering: Silos[..2]);

        Assert.True(_reach.Heard(Silos[2]));
        Assert.False(_reach.Heard(Silos[2]));

        Assert.Equal(Silos, Usable());
    }

    [Fact]
    public void Judge_NobodyAnswers_LeavesNobodyOut()
    {
        Pass(TimeSpan.FromSeconds(3), answering: Silos);

        Assert.Empty(Pass(TimeSpan.FromSeconds(60), answering: []));

        Assert.Equal(Silos, Usable());
    }

    [Fact]
    public void Judge_GatewayItselfWasFrozen_LeavesNobodyOut()
    {
        Pass(TimeSpan.FromSeconds(3), answering: Silos);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(_reach.Judge());
        Assert.Equal(Silos, Usable());
    }

    [Fact]
    public void Follow_SiloComesAndGoes_HasTheWholePatienceEachTime()
    {
        Pass(TimeSpan.FromSeconds(3), answering: Silos[..2]);
        _reach.Follow(Silos[..2]);
        Pass(TimeSpan.FromSeconds(3), answering: Silos[..2]);
        _reach.Follow(Silos);

        Assert.Empty(Pass(TimeSpan.FromSeconds(1.5), answering: Silos[..2]));
        Assert.Equal(Silos, Usable());
        Assert.False(_reach.Heard(SiloAddress.New(IPAddress.Loopback, 1, 1)));
    }

    private List<SiloAddress> Pass(TimeSpan time, SiloAddress[] answering)
    {
        var news = new List<SiloAddress>();
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(500))
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            Array.ForEach(answering, silo => _reach.Heard(silo));
            news.AddRange(_reach.Judge());
        }

        return news;
    }

    private IEnumerable<SiloAddress> Usable() => _reach.Usable().OrderBy(static silo => silo.Generation);
}
