using Microsoft.Data.Sqlite;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Grains.Tests.Backends;

/// <summary>Hosts that one silo stored, in the hands of the next one.</summary>
public sealed class HostRestartTests : IDisposable
{
    private const string Pool = "default";

    private readonly TemporaryDirectory _directory = new();

    private string Database => _directory.File("opsen.db");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("{\"host\":{\"registration\":", "damaged JSON")]
    [InlineData("{\"host\":{\"registration\":{\"client_id\":\"bad\",\"pool\":\"default\",\"endpoints\":[]},\"lifecycle\":\"of_a_newer_version\"}}", "an unknown state")]
    [InlineData("{\"host\":{}}", "nothing that must be there")]
    public async Task Start_OneRowThatCannotBeRead_LeavesThatHostOutAndKeepsItsRow(string row, string what)
    {
        string good;
        await using (var first = await OwnCluster.StartAsync(Database))
        {
            good = await first.AddHostAsync(Pool);
            await first.AddHostAsync(Pool, clientId: "bad");
            await ResolveAsync(first, "s", excluded: "bad");
        }

        Execute("UPDATE opsen_grain_state SET state = $row WHERE grain_key = 'bad'", row);
        await using var second = await OwnCluster.StartAsync(Database);

        Assert.True((await second.PlaceAsync(Pool, TestFleet.Request())).ClientId == good, what);
        Assert.Equal(good, (await ResolveAsync(second, "s")).ClientId);
        Assert.Null(await second.Backend("bad").GetSnapshot());
        await Assert.ThrowsAsync<UnreadableHostException>(() => second.Backend("bad").Report(TestFleet.Report()));
        await Assert.ThrowsAsync<UnreadableHostException>(() => second.Backend("bad").Register(TestFleet.Registration("bad")));
        Assert.Equal(row, Scalar("SELECT state FROM opsen_grain_state WHERE grain_key = 'bad'"));

        Assert.True(await second.Backend("bad").Remove());

        Assert.False(await second.Backend("bad").Remove());
        Assert.Equal("bad", await second.AddHostAsync(Pool, clientId: "bad"));
        Assert.Equal("bad", (await second.PlaceAsync(Pool, TestFleet.Request(excluded: good))).ClientId);
    }

    [Fact]
    public async Task Start_RowThatWasRepairedMeanwhile_IsTakenUpAgain()
    {
        await using (var first = await OwnCluster.StartAsync(Database))
        {
            await first.AddHostAsync(Pool, clientId: "bad");
        }

        var intact = (string)Scalar("SELECT state FROM opsen_grain_state WHERE grain_key = 'bad'")!;
        Execute("UPDATE opsen_grain_state SET state = $row WHERE grain_key = 'bad'", "{");
        await using var second = await OwnCluster.StartAsync(Database);
        await Assert.ThrowsAsync<UnreadableHostException>(() => second.Backend("bad").Wake());

        Execute("UPDATE opsen_grain_state SET state = $row WHERE grain_key = 'bad'", intact);

        await Eventually.BecomesTrueAsync(async () => await TryWakeAsync(second, "bad"));
        Assert.Equal("bad", (await second.PlaceAsync(Pool, TestFleet.Request())).ClientId);
    }

    [Fact]
    public async Task Start_SessionRowAndJournalThatCannotBeRead_EverythingElseIsThere()
    {
        string host;
        await using (var first = await OwnCluster.StartAsync(Database))
        {
            host = await first.AddHostAsync(Pool);
            await ResolveAsync(first, "good");
            await ResolveAsync(first, "bad");
        }

        Execute("UPDATE opsen_session SET gpu_ids = $row WHERE sticky_id = 'bad'", "[");
        Execute("INSERT INTO opsen_ledger (pool, epoch, written_at, ends_at, granted, ended) VALUES ('default', 1, 1, 9e15, $row, '[')", "{");
        await using var second = await OwnCluster.StartAsync(Database);

        Assert.Equal(host, (await ResolveAsync(second, "good")).ClientId);
        Assert.Equal(host, (await ResolveAsync(second, "bad")).ClientId);
    }

    [Fact]
    public async Task Start_TwoHostsWithOneEndpoint_TheLaterKeepsItAndBothSidesAgree()
    {
        await using (var first = await OwnCluster.StartAsync(Database))
        {
            await first.AddHostAsync(Pool, clientId: "earlier");
            await first.AddHostAsync(Pool, clientId: "later");
        }

        // As a crash leaves it between the later one's registration and the end of the earlier one.
        Execute("UPDATE opsen_grain_state SET state = json_set(state, '$.host.registration.endpoints[0].url', $row) WHERE grain_key IN ('earlier', 'later')", "http://one:1");
        await using var second = await OwnCluster.StartAsync(Database);

        Assert.Equal("later", (await second.PlaceAsync(Pool, TestFleet.Request())).ClientId);
        await Eventually.BecomesTrueAsync(async () => await second.Backend("earlier").GetSnapshot() is null);
        Assert.False(await second.Index(Pool).Remove("earlier"));
        Assert.NotNull(await second.Backend("later").GetSnapshot());
        await Eventually.BecomesTrueAsync(() => Scalar("SELECT state FROM opsen_grain_state WHERE grain_key = 'earlier'") is null);
    }

    [Fact]
    public async Task Start_HealthChecksSwitchedOff_AnUnhealthyHostIsRoutedTo()
    {
        await using (var first = await OwnCluster.StartAsync(Database,
            new GrainSettings { Tiers = [TestFleet.Small], HealthChecks = new HealthCheckSettings() }))
        {
            await first.AddHostAsync(Pool, clientId: "a");
        }

        Execute(
            "UPDATE opsen_grain_state SET state = json_set(state, '$.host.health', $row, '$.host.latency_ms', 500, '$.endpoints', json('[{\"url\":\"http://a.example:8000\",\"status\":\"unhealthy\",\"latency_ms\":500}]'))",
            "unhealthy");
        await using var second = await OwnCluster.StartAsync(Database, new GrainSettings { Tiers = [TestFleet.Small] });

        Assert.Equal("a", (await second.PlaceAsync(Pool, TestFleet.Request())).ClientId);
        await Eventually.BecomesTrueAsync(() => second.Fleet(Pool).Find("a") is { Snapshot: { Health: HealthStatus.Unknown, LatencyMs: 0 } });
        Assert.Equal("a", (await ResolveAsync(second, "s")).ClientId);
    }

    [Theory]
    [InlineData(true, "web")]
    [InlineData(false, "default")]
    public async Task Report_GatewayHasAnotherPoolNow_AHostThatNamedNoneFollows(bool isPoolOfGateway, string pool)
    {
        await using var cluster = await OwnCluster.StartAsync(Database);
        await cluster.Backend("a").Register(TestFleet.Registration("a") with { IsPoolOfGateway = isPoolOfGateway });

        Assert.True(await cluster.Backend("a").Report(TestFleet.Report(), "web"));

        Assert.Equal("a", (await cluster.PlaceAsync(pool, TestFleet.Request())).ClientId);
        Assert.Equal(RouteOutcome.NoCapacity, (await cluster.PlaceAsync(pool == "web" ? "default" : "web", TestFleet.Request())).Outcome);
        Assert.Equal(pool, Scalar("SELECT state ->> '$.host.registration.pool' FROM opsen_grain_state WHERE grain_key = 'a'"));
    }

    [Fact]
    public async Task Register_InAnotherPool_TheHostGivesItsSessionsUp()
    {
        await using var cluster = await OwnCluster.StartAsync(Database, new GrainSettings { Tiers = [TestFleet.Small], MoveOnOverload = false });
        await cluster.AddHostAsync(Pool, clientId: "a");
        Assert.Equal("a", (await ResolveAsync(cluster, "s")).ClientId);
        await cluster.AddHostAsync(Pool, clientId: "b");

        await cluster.Backend("a").Register(TestFleet.Registration("a", "other"));
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(Pool).Find("a") is null);

        Assert.Equal("b", (await ResolveAsync(cluster, "s")).ClientId);
    }

    [Fact]
    public async Task Retire_HostReportedSince_StaysOnBothSides()
    {
        await using var cluster = await OwnCluster.StartAsync(Database);
        await cluster.AddHostAsync(Pool, clientId: "a");
        var seen = (await cluster.Backend("a").GetSnapshot())!;
        Assert.True(await cluster.Backend("a").Report(TestFleet.Report()));

        Assert.False(await cluster.Backend("a").Retire(seen.RegisteredAt, seen.ReportSequence));

        Assert.Equal("a", (await cluster.PlaceAsync(Pool, TestFleet.Request())).ClientId);
        Assert.True(await cluster.Backend("a").Retire(seen.RegisteredAt, seen.ReportSequence + 1));
        Assert.Null(await cluster.Backend("a").GetSnapshot());
    }

    [Fact]
    public async Task PurgeStale_ReportsAllTheWhile_NoHostIsKnownToOneSideOnly()
    {
        await using var cluster = await OwnCluster.StartAsync(Database);
        string[] ids = [.. Enumerable.Range(0, 20).Select(static i => $"h{i}")];
        await Task.WhenAll(ids.Select(id => cluster.AddHostAsync(Pool, clientId: id)));
        for (var round = 0; round < 20; round++)
        {
            foreach (var id in ids)
            {
                if (await cluster.Backend(id).GetSnapshot() is { } host)
                {
                    await cluster.Index(Pool).Observe(host with { IsActive = false });
                }
            }

            var reports = ids.Select(id => cluster.Backend(id).Report(TestFleet.Report())).ToList();
            await Task.WhenAll([cluster.Index(Pool).PurgeStale(), .. reports]);

            foreach (var id in ids)
            {
                Assert.Equal(await cluster.Backend(id).GetSnapshot() is null, !await IsInIndexAsync(cluster, id));
            }
        }
    }

    [Fact]
    public async Task Report_DatabaseIsLocked_ReachesRoutingAllTheSame()
    {
        await using var cluster = await OwnCluster.StartAsync(Database);
        await cluster.Backend("a").Register(TestFleet.Registration("a"));
        using var other = new SqliteFile(Database).Open();
        using var command = other.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();

        // The first report of a host would be stored at once.
        Assert.True(await cluster.Backend("a").Report(TestFleet.Report()));

        Assert.Equal("a", (await cluster.PlaceAsync(Pool, TestFleet.Request())).ClientId);
    }

    private static async Task<bool> IsInIndexAsync(OwnCluster cluster, string id) =>
        (await cluster.Index(Pool).GetChanges(0, 0, TimeSpan.Zero)).Changed.Any(host => host.Snapshot.ClientId == id);

    private static async Task<bool> TryWakeAsync(OwnCluster cluster, string id)
    {
        try
        {
            return await cluster.Backend(id).Wake();
        }
        catch (UnreadableHostException)
        {
            return false;
        }
    }

    private static async Task<PlacementDecision> ResolveAsync(OwnCluster cluster, string stickyId, params string[] excluded)
    {
        var decision = (await cluster.Session(Pool, stickyId).Resolve(new PlacementRequest { Tier = "small", Excluded = [.. excluded] }));
        Assert.Equal(RouteOutcome.Routed, decision.Outcome);
        return decision;
    }

    private void Execute(string sql, string row)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$row", row);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }
}
