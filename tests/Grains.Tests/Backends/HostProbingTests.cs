using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

/// <summary>Real probes of real ports. The interval is an hour, so that whatever happens sooner is not the regular probe's doing.</summary>
public sealed class HostProbingTests(HostProbingTests.Fixture cluster) : IClassFixture<HostProbingTests.Fixture>, IDisposable
{
    private readonly string _pool = ClusterFixture.NewName("pool");
    private readonly List<OpenPort> _ports = [];

    public void Dispose() => _ports.ForEach(port => port.Dispose());

    [Fact]
    public async Task Register_ServingHost_IsHealthyAfterTwoQuickProbes()
    {
        var (id, port) = await AddAsync();

        await BecomesAsync(id, HealthStatus.Healthy);

        Assert.Equal(2, port.Connections);
    }

    [Fact]
    public async Task ReportUnreachable_OfAClosedPort_MakesTheHostUnhealthyWithoutARegularProbe()
    {
        var (id, port) = await AddAsync();
        await BecomesAsync(id, HealthStatus.Healthy);
        port.Close();

        await cluster.Backend(id).ReportUnreachable(port.Url);

        await BecomesAsync(id, HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task ReportUnreachable_ManyTimesOfAPortThatServes_IsOneProbeAndTheHostStays()
    {
        var (id, port) = await AddAsync();
        await BecomesAsync(id, HealthStatus.Healthy);
        var before = port.Connections;

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => cluster.Backend(id).ReportUnreachable(port.Url)));
        await Eventually.BecomesTrueAsync(() => port.Connections > before);

        Assert.Equal(HealthStatus.Healthy, (await cluster.Backend(id).GetSnapshot())!.Health);
        Assert.InRange(port.Connections - before, 1, 4);
    }

    [Fact]
    public async Task ReportUnreachable_OfOneEndpoint_TakesThatOneOutAndKeepsTheSessions()
    {
        var (id, ports) = await AddAsync(2);
        await BecomesAsync(id, HealthStatus.Healthy);
        var session = await ResolveAsync("s");
        ports[0].Close();

        await cluster.Backend(id).ReportUnreachable(ports[0].Url);

        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)!.Snapshot.DownEndpoints is [var down] && down == ports[0].Url);
        Assert.Equal(HealthStatus.Healthy, cluster.Fleet(_pool).Find(id)!.Snapshot.Health);
        Assert.False((await ResolveAsync("s")).IsNew);
        Assert.Equal(id, session.ClientId);

        ports[1].Close();
        await cluster.Backend(id).ReportUnreachable(ports[1].Url);
        await BecomesAsync(id, HealthStatus.Unhealthy);
        Assert.Empty(cluster.Fleet(_pool).Find(id)!.Snapshot.DownEndpoints);
    }

    [Fact]
    public async Task Deactivation_OfAHostWithADeadEndpoint_KeepsTheHealthOfEachAndProbesAtOnce()
    {
        var (id, ports) = await AddAsync(2);
        await BecomesAsync(id, HealthStatus.Healthy);
        ports[1].Close();
        await cluster.Backend(id).ReportUnreachable(ports[1].Url);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)!.Snapshot.DownEndpoints.Length == 1);
        var before = ports[0].Connections;

        await cluster.Cluster.DeactivateAsync(cluster.Backend(id));

        var after = await cluster.Backend(id).GetSnapshot();
        Assert.Equal((HealthStatus.Healthy, ports[1].Url), (after!.Health, Assert.Single(after.DownEndpoints)));
        Assert.True(after.LatencyMs > 0);
        await Eventually.BecomesTrueAsync(() => ports[0].Connections == before + 1);
    }

    [Fact]
    public async Task Deactivation_WhileADeadEndpointIsBeingStored_WaitsForThat()
    {
        var (id, ports) = await AddAsync(2);
        await BecomesAsync(id, HealthStatus.Healthy);
        ports[1].Close();
        Task<HostSnapshot?> after;
        using (cluster.HoldWrites())
        {
            await cluster.Backend(id).ReportUnreachable(ports[1].Url);
            await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)!.Snapshot.DownEndpoints.Length == 1);

            var deactivation = cluster.Cluster.DeactivateAsync(cluster.Backend(id));
            after = AfterAsync(deactivation, () => cluster.Backend(id).GetSnapshot());

            // An activation that did not wait would have read the old row by then.
            await Task.WhenAny(after, Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken));
        }

        Assert.Equal(ports[1].Url, Assert.Single((await after)!.DownEndpoints));
    }

    [Fact]
    public async Task Store_RowIsNewerThanWhatWasRead_IsReadAgainAndWritten()
    {
        var (id, port) = await AddAsync();
        await BecomesAsync(id, HealthStatus.Healthy);
        cluster.Execute("UPDATE opsen_grain_state SET version = version + 1 WHERE grain_key = $id", id);
        port.Close();
        await cluster.Backend(id).ReportUnreachable(port.Url);
        await BecomesAsync(id, HealthStatus.Unhealthy);

        await Eventually.BecomesTrueAsync(async () =>
            await cluster.Backend(id).GetSnapshot() is { Health: HealthStatus.Unhealthy }
            && cluster.Query("SELECT state ->> '$.host.health' FROM opsen_grain_state WHERE grain_key = $id", id) is string stored
            && stored.Equals("unhealthy", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Panic_MostHostsDie_IgnoresHealthAndEndsWhenFewerAreDead()
    {
        var hosts = new List<(string Id, OpenPort Port)>();
        for (var i = 0; i < 4; i++)
        {
            hosts.Add(await AddAsync());
            await BecomesAsync(hosts[i].Id, HealthStatus.Healthy);
        }

        var last = hosts[2].Id;
        var session = await PlaceOnAsync(last);
        await cluster.Index(_pool).PurgeReservations();
        foreach (var (id, port) in hosts.Take(3))
        {
            port.Close();
            await cluster.Backend(id).ReportUnreachable(port.Url);
            await BecomesAsync(id, HealthStatus.Unhealthy);
        }

        // The third one's death begins it: the first two have lost their sessions, it keeps its own.
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).IsPanic);
        Assert.All(hosts.Take(3), host => Assert.True(cluster.Fleet(_pool).Find(host.Id)!.Snapshot is { KeepsSessions: true, IgnoresHealth: true }));
        Assert.Equal((last, false), await WhereAsync(session));
        var everyone = hosts.Select(host => host.Id).Except([hosts[0].Id]).ToArray();
        Assert.Equal(hosts[0].Id, (await cluster.PlaceAsync(_pool, TestFleet.Request("small", null, everyone))).ClientId);

        hosts[0].Port.OpenAgain();
        await cluster.Cluster.DeactivateAsync(cluster.Backend(hosts[0].Id));
        await cluster.Backend(hosts[0].Id).GetSnapshot();

        await Eventually.BecomesTrueAsync(() => !cluster.Fleet(_pool).IsPanic);
        await Eventually.BecomesTrueAsync(() => !cluster.Fleet(_pool).Find(last)!.Snapshot.KeepsSessions);
        Assert.NotEqual(last, (await WhereAsync(session)).Host);
    }

    private static async Task<T> AfterAsync<T>(Task first, Func<Task<T>> then)
    {
        await first;
        return await then();
    }

    private async Task<string> PlaceOnAsync(string id)
    {
        for (var i = 0; ; i++)
        {
            if ((await WhereAsync($"s-{i}")).Host == id)
            {
                return $"s-{i}";
            }
        }
    }

    private async Task<(string Host, bool IsNew)> WhereAsync(string session)
    {
        var answer = await ResolveAsync(session);
        Assert.Equal(RouteOutcome.Routed, answer.Outcome);
        return (answer.ClientId, answer.IsNew);
    }

    private Task<PlacementDecision> ResolveAsync(string session) => cluster.Session(_pool, session).Resolve(new PlacementRequest { Tier = "small" });

    private Task BecomesAsync(string id, HealthStatus health) =>
        Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(id)?.Snapshot.Health == health);

    private async Task<(string Id, OpenPort Port)> AddAsync()
    {
        var (id, ports) = await AddAsync(1);
        return (id, ports[0]);
    }

    private async Task<(string Id, OpenPort[] Ports)> AddAsync(int endpoints)
    {
        OpenPort[] ports = [.. Enumerable.Range(0, endpoints).Select(_ => new OpenPort())];
        _ports.AddRange(ports);
        var id = ClusterFixture.NewName("host");
        ImmutableArray<BackendEndpoint> urls = [.. ports.Select((port, i) => new BackendEndpoint(port.Url, [$"/{i}"]))];
        await cluster.Backend(id).Register(TestFleet.Registration(id, _pool) with { Endpoints = urls });
        Assert.True(await cluster.Backend(id).Report(TestFleet.Report()));
        return (id, ports);
    }

    public sealed class Fixture : ClusterFixture
    {
        protected override GrainSettings Settings { get; } = new()
        {
            Tiers = [TestFleet.Small],
            HealthChecks = new HealthCheckSettings { Interval = TimeSpan.FromHours(1), Timeout = TimeSpan.FromSeconds(2) },
        };
    }
}
