using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy.Failover;

public sealed class EndpointBreakerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FleetView _fleet = new("default");
    private readonly FakeGrains _grains = new();
    private readonly LogRecorder _captured = new();
    private readonly ILoggerFactory _logging;
    private readonly EndpointBreaker _breaker;
    private long _version = 1;

    public EndpointBreakerTests()
    {
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_captured).SetMinimumLevel(LogLevel.Debug));
        var reports = new UnreachableReports(_grains.Factory, _time, _logging.CreateLogger<UnreachableReports>());
        var unreachable = new UnreachableHostLog(_time, _logging.CreateLogger<UnreachableHostLog>());
        _breaker = new EndpointBreaker(
            new GatewayFleet(_fleet), reports, unreachable, ProxySettings.From(new ServerOptions()), _time, _logging.CreateLogger<EndpointBreaker>());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void Failed_EveryHost_TakesAtMostHalfOut(int hosts, int expected)
    {
        var fleet = Fleet(hosts);

        Array.ForEach(fleet, Fail);

        Assert.Equal(expected, _breaker.Blocked?.Count ?? 0);
        Assert.Equal(hosts, _grains.Unreachable.Count);
        Assert.Equal(expected, Warnings("gets no requests"));
    }

    [Fact]
    public void Failed_HostsThatAreOutAnyway_DoNotCountForTheShare()
    {
        var fleet = Fleet(2);
        Publish(fleet[0] with { Health = HealthStatus.Unhealthy });

        Fail(fleet[1]);

        Assert.Null(_breaker.Blocked);
    }

    [Fact]
    public void Failed_TwoEndpointsOfOneHost_CountAsOneHost()
    {
        var host = TwoEndpoints("a");
        _fleet.Publish(host, Hosts.New("b"));

        _breaker.Failed(host, host.Registration.Endpoints[0].Url, "refused", trial: null);
        Assert.False(_breaker.Blocked!["a"].IsWhollyBlocked());
        Assert.False(_breaker.IsWhollyUnreachable(host, host.Registration.Endpoints[0].Url));
        Assert.True(_breaker.IsWhollyUnreachable(host, host.Registration.Endpoints[1].Url));
        _breaker.Failed(host, host.Registration.Endpoints[1].Url, "refused", trial: null);

        Assert.True(Assert.Single(_breaker.Blocked!).Value.IsWhollyBlocked());
    }

    [Fact]
    public void Failed_ManyTimes_TellsTheGrainOnceASecondAndLogsOnce()
    {
        var host = Fleet(2)[0];

        for (var i = 0; i < 10; i++)
        {
            Fail(host);
        }

        Assert.Equal([host.Registration.Endpoint], _grains.Unreachable);
        _time.Advance(UnreachableReports.Interval);
        Fail(host);
        Fail(host);
        Assert.Equal(2, _grains.Unreachable.Count);
        Assert.Equal(1, Warnings("gets no requests"));
    }

    [Fact]
    public void TryBeginTrial_ByTheClock_OneAtATimeAndLaterAfterEachFailure()
    {
        var host = Fleet(2)[0];
        Fail(host);
        var durations = new List<double>();

        for (var i = 0; i < 7; i++)
        {
            var ejection = Ejected(host);
            durations.Add(ejection.Duration.TotalSeconds);
            _time.Advance(ejection.Duration - TimeSpan.FromMilliseconds(1));
            Assert.False(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
            Assert.False(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
            _breaker.Failed(host, ejection.Url, "refused", ejection);
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], durations);
    }

    [Fact]
    public void TryBeginTrial_FirstOneGivenUpOrTooOld_AnotherMayBegin()
    {
        var host = Fleet(2)[0];
        Fail(host);
        _time.Advance(Ejection.FirstDuration);
        var ejection = Ejected(host);

        Assert.True(ejection.TryBeginTrial(_breaker.TrialPatience, out var first));
        ejection.GiveUpTrial(first);
        Assert.True(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
        _time.Advance(_breaker.TrialPatience);
        Assert.False(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
        ejection.GiveUpTrial(first);
        Assert.False(ejection.TryBeginTrial(_breaker.TrialPatience, out _));
    }

    [Fact]
    public void Succeeded_Trial_TakesTheEndpointBackIn()
    {
        var host = Fleet(2)[0];
        Fail(host);

        _breaker.Succeeded(Ejected(host));

        Assert.Null(_breaker.Blocked);
        Assert.Single(_captured.Entries, entry => entry.Level == LogLevel.Information && entry.Message.Contains("again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("registered again", true)]
    [InlineData("another endpoint", true)]
    [InlineData("probe succeeded", true)]
    [InlineData("unhealthy", true)]
    [InlineData("stale", true)]
    [InlineData("probe failed, threshold not reached", false)]
    [InlineData("report", false)]
    public void Applied_NewsOfAnEjectedHost_MayEndTheEjection(string what, bool isOver)
    {
        var host = Fleet(3)[0] with { Health = HealthStatus.Healthy, LatencyMs = 3, LastHealthCheck = _time.GetUtcNow(), RegisteredAt = 5 };
        Publish(host);
        Fail(host);
        var later = _time.GetUtcNow().AddSeconds(1);

        Publish(what switch
        {
            "registered again" => host with { RegisteredAt = 6 },
            "another endpoint" => host with { Registration = host.Registration with { Endpoints = [new("http://elsewhere.example", [])] } },
            "probe succeeded" => host with { LastHealthCheck = later, LatencyMs = 4 },
            "unhealthy" => host with { Health = HealthStatus.Unhealthy },
            "stale" => host with { IsActive = false },
            "report" => host with { ReportSequence = 9, LastSeen = later },
            _ => host with { LastHealthCheck = later },
        });

        Assert.Equal(isOver, _breaker.Blocked is null);
    }

    [Fact]
    public void Applied_HostGoes_ForgetsItsEjection()
    {
        var host = Fleet(2)[0];
        Fail(host);

        Apply([], [host.ClientId]);

        Assert.Null(_breaker.Blocked);
    }

    [Fact]
    public void Applied_FleetShrinks_OldestEjectionsEnd()
    {
        var fleet = Fleet(4);
        Fail(fleet[0]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Fail(fleet[1]);

        Publish(fleet[2] with { IsActive = false });

        Assert.Equal([fleet[1].ClientId], _breaker.Blocked!.Keys);
    }

    [Fact]
    public void Applied_EndpointDown_IsBlockedUntilItServes()
    {
        var host = TwoEndpoints("a");
        _fleet.Publish(host with { DownEndpoints = [host.Registration.Endpoints[1].Url] });

        Assert.False(_breaker.Blocked!["a"].IsWhollyBlocked());
        Assert.True(_breaker.IsWhollyUnreachable(host, host.Registration.Endpoints[0].Url));

        Publish(host);

        Assert.Null(_breaker.Blocked);
    }

    [Fact]
    public void Applied_WholeFleetAnew_KeepsWhatIsStillTrue()
    {
        var fleet = Fleet(4);
        Fail(fleet[0]);
        Fail(fleet[1]);

        _fleet.Publish(fleet[1..]);

        Assert.Equal([fleet[1].ClientId], _breaker.Blocked!.Keys);
    }

    public void Dispose()
    {
        _breaker.Dispose();
        _logging.Dispose();
        _captured.Dispose();
    }

    private static HostSnapshot TwoEndpoints(string clientId)
    {
        var host = Hosts.New(clientId);
        return host with { Registration = host.Registration with { Endpoints = [new("http://web.example", []), new("http://api.example", ["/api"])] } };
    }

    private HostSnapshot[] Fleet(int count)
    {
        HostSnapshot[] hosts = [.. Enumerable.Range(0, count).Select(i => Hosts.New(i.ToString(CultureInfo.InvariantCulture)))];
        _fleet.Publish(hosts);
        return hosts;
    }

    private void Publish(HostSnapshot host) => Apply([host], []);

    private void Apply(HostSnapshot[] changed, string[] removed) => _fleet.Apply(new FleetChanges
    {
        Epoch = _fleet.Epoch,
        Version = ++_version,
        IsFull = false,
        Changed = [.. changed.Select(host => new FleetHost(host, 0, 0))],
        Removed = [.. removed],
    });

    private void Fail(HostSnapshot host) => _breaker.Failed(host, host.Registration.Endpoint, "refused", trial: null);

    private Ejection Ejected(HostSnapshot host) => Assert.Single(_breaker.Blocked![host.ClientId].Ejections);

    private int Warnings(string text) =>
        _captured.Entries.Count(entry => entry.Level == LogLevel.Warning && entry.Message.Contains(text, StringComparison.Ordinal));
}
