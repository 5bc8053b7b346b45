using System.Net;
using System.Net.Sockets;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

public sealed class BackendGrainTests(BackendGrainTests.Fixture cluster) : IClassFixture<BackendGrainTests.Fixture>
{
    private readonly string _pool = ClusterFixture.NewName("pool");

    [Fact]
    public async Task Report_UnknownHost_IsRefusedAndLeavesNothing()
    {
        var backend = cluster.Backend(ClusterFixture.NewName("host"));

        Assert.False(await backend.Report(TestFleet.Report()));
        Assert.Null(await backend.GetSnapshot());
    }

    [Fact]
    public async Task ReportUtilization_RegisteredHost_CountsAsAReport()
    {
        var id = await cluster.AddHostAsync(_pool);
        var before = await cluster.Backend(id).GetSnapshot();

        await cluster.Backend(id).ReportUtilization(new UtilizationReport { Cpu = 0.9 });

        await Eventually.BecomesTrueAsync(async () => (await cluster.Backend(id).GetSnapshot())!.ReportSequence == before!.ReportSequence + 1);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.Load?.CpuUsage[0] == 90);
    }

    [Fact]
    public async Task ReportUtilization_HostThatNeverReported_MakesItsFirstReport()
    {
        var id = ClusterFixture.NewName("host");
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool));

        await cluster.Backend(id).ReportUtilization(new UtilizationReport { Memory = 0.5 });

        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot is { TakesSessions: true, Load.MemoryAvailableGb: 16 });
    }

    [Fact]
    public async Task ReportUtilization_UnknownHost_LeavesNothing()
    {
        var backend = cluster.Backend(ClusterFixture.NewName("host"));

        await backend.ReportUtilization(new UtilizationReport { Cpu = 0.9 });

        Assert.Null(await backend.GetSnapshot());
    }

    [Fact]
    public async Task Register_Again_KeepsTheReportAndTakesTheNewEndpoint()
    {
        var id = await cluster.AddHostAsync(_pool);
        var first = await cluster.Backend(id).GetSnapshot();

        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool, "http://elsewhere.example:1"));

        var second = await cluster.Backend(id).GetSnapshot();
        Assert.NotNull(second?.Load);
        Assert.Equal("http://elsewhere.example:1", second.Registration.Endpoint);
        Assert.True(second.RegisteredAt > first!.RegisteredAt);
    }

    [Fact]
    public async Task Register_EndpointOfAnotherHost_ReplacesThatHost()
    {
        var endpoint = $"http://{ClusterFixture.NewName("shared")}.example:80";
        var old = await cluster.AddHostAsync(_pool);
        await cluster.Backend(old).Register(TestFleet.Registration(old, _pool, endpoint));

        var young = ClusterFixture.NewName("host");
        await cluster.Backend(young).Register(TestFleet.Registration(young, _pool, endpoint));

        await Eventually.BecomesTrueAsync(async () => await cluster.Backend(old).GetSnapshot() is null);
        Assert.False(await cluster.Backend(old).Report(TestFleet.Report()));
        Assert.NotNull(await cluster.Backend(young).GetSnapshot());
    }

    [Fact]
    public async Task Register_OneEndpointByManyHostsAtOnce_LeavesExactlyOne()
    {
        var endpoint = $"http://{ClusterFixture.NewName("shared")}.example:80";
        var ids = Enumerable.Range(0, 50).Select(_ => ClusterFixture.NewName("host")).ToList();

        await Task.WhenAll(ids.Select(id => cluster.Backend(id).Register(TestFleet.Registration(id, _pool, endpoint))));

        var answers = await Task.WhenAll(ids.Select(id => cluster.Backend(id).Report(TestFleet.Report())));
        Assert.Single(answers, known => known);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Entries.Count() == 1);
    }

    [Fact]
    public async Task Register_WithAnotherPool_LeavesTheOldOne()
    {
        var id = await cluster.AddHostAsync(_pool);
        var other = ClusterFixture.NewName("pool");

        await cluster.Backend(id).Register(TestFleet.Registration(id, other));

        await Eventually.BecomesTrueAsync(() => cluster.Fleet(other).Find(id) is not null);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id) is null);
    }

    [Fact]
    public async Task Retire_OfAnOlderRegistration_IsIgnored()
    {
        var id = await cluster.AddHostAsync(_pool);
        var first = (await cluster.Backend(id).GetSnapshot())!.RegisteredAt;
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool));

        await cluster.Backend(id).Retire(first, long.MaxValue);

        Assert.NotNull(await cluster.Backend(id).GetSnapshot());
    }

    [Fact]
    public async Task Probes_PortOpensAndCloses_HealthFollows()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = (IPEndPoint)listener.LocalEndpoint;
        var id = ClusterFixture.NewName("host");
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool, $"http://{address}"));

        await Eventually.BecomesTrueAsync(() =>
            cluster.Fleet(_pool).Find(id)?.Snapshot is { Health: HealthStatus.Healthy, LatencyMs: > 0, LastHealthCheck: not null });
        Assert.True(await cluster.Backend(id).Report(TestFleet.Report()));
        Assert.Equal(id, (await ResolveAsync()).ClientId);
        listener.Stop();
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.Health == HealthStatus.Unhealthy);

        // Its sessions are gone, and stay so when it is back.
        await Eventually.BecomesTrueAsync(async () => (await Directory.List(id, 0, 10)).Assignments.IsEmpty);
        using var again = new TcpListener(address);
        again.Start();
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.Health == HealthStatus.Healthy);
        Assert.True((await ResolveAsync()).IsNew);
    }

    private ISessionDirectoryGrain Directory => cluster.Grains.GetGrain<ISessionDirectoryGrain>(_pool);

    private Task<PlacementDecision> ResolveAsync() => cluster.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" });

    public sealed class Fixture : ClusterFixture
    {
        protected override GrainSettings Settings { get; } = new()
        {
            Tiers = [TestFleet.Small],
            HealthChecks = new HealthCheckSettings { Interval = TimeSpan.FromMilliseconds(50), Timeout = TimeSpan.FromMilliseconds(500) },
        };
    }
}
