using System.Net;
using System.Text.Json.Nodes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Operator;

[Collection(SharedDeploymentTests.Name)]
public class CommandTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Commands_OfAnOperatorsDay_ShowAndChangeTheFleet(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { FreeVram = [20] }.JoinAsync(server);
        var request = new JsonObject { ["tier"] = "lite", ["client_lat"] = host.Latitude, ["client_lon"] = host.Longitude };
        var reservation = (await server.PostAsync("/route?explain=true", request)).Expect(HttpStatusCode.OK)["reservation_id"].GetString()!;

        Assert.Contains($"{host.Id}.test", await RunAsync(server, "hosts"), StringComparison.Ordinal);
        Assert.Contains(host.Url, await RunAsync(server, "hosts", "-all"), StringComparison.Ordinal);
        Assert.Contains($"{host.Id}.test", await RunAsync(server, "top"), StringComparison.Ordinal);

        // Four cores under 80 %, one of them reserved.
        var fits = (await RunAsync(server, "fits", "lite")).Split('\n').Single(line => line.StartsWith($"{host.Id}.test", StringComparison.Ordinal));
        Assert.Equal("3", fits.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        var why = await RunAsync(server, "why", reservation);
        Assert.Contains($"{host.Id}.test was chosen for tier lite", why, StringComparison.Ordinal);
        Assert.Contains("The fleet as it was then", why, StringComparison.Ordinal);
        Assert.Contains(reservation, await RunAsync(server, "why", "-limit", "1000"), StringComparison.Ordinal);

        Assert.Contains("takes no new sessions", await RunAsync(server, "drain", host.Id[..20], "-deadline", "600"), StringComparison.Ordinal);
        Assert.Equal("draining", await LifecycleAsync(server, host));
        Assert.Contains("is in service", await RunAsync(server, "undrain", $"{host.Id}.test"), StringComparison.Ordinal);
        Assert.Equal("in_service", await LifecycleAsync(server, host));
        await Eventually.HoldsAsync("its drain is among the events", async () => JsonNode.Parse(
            await server.Http.GetStringAsync(new Uri(server.Admin, $"/api/events?client_id={host.Id}")))!["events"]!.AsArray()
            .Any(static change => change!["to"]!.GetValue<string>() == "draining"));

        Assert.Contains("is removed", await RunAsync(server, "remove", host.Id), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Id, await RunAsync(server, "hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_AsJson_IsWhatThePageReads()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var host = await new TestHost { FreeVram = [20, 22] }.JoinAsync(server);

        // What fits is a second old at most, and another test may have looked before the host was there.
        JsonNode fleet = new JsonObject(), shown = fleet;
        await Eventually.HoldsAsync("its room is known", async () =>
        {
            fleet = JsonNode.Parse(await RunAsync(server, "hosts", "-json"))!;
            shown = fleet["hosts"]!.AsArray().Single(one => one!["client_id"]!.GetValue<string>() == host.Id)!;
            return shown["room"]!.AsArray().Count > 0;
        });

        Assert.Equal("in_service", shown["state"]!.GetValue<string>());
        Assert.Equal(4, shown["cpu"]!.AsArray().Count);
        Assert.Equal(12, shown["memory"]!["available"]!.GetValue<double>());
        Assert.Equal(2, shown["gpus"]!.AsArray().Count);
        Assert.Equal(fleet["tiers"]!.AsArray().Count, shown["room"]!.AsArray().Count);

        // What has changed since is all that comes, and nothing of a gateway that ran before.
        var (version, run) = (fleet["version"]!.GetValue<long>(), fleet["run"]!.GetValue<string>());
        await host.ReportAsync(server);
        await Eventually.HoldsAsync("the report comes alone", async () =>
        {
            var changes = await FleetAsync(server, version, run);
            return !changes["full"]!.GetValue<bool>() && changes["hosts"]!.AsArray().Any(one => one!["client_id"]!.GetValue<string>() == host.Id);
        });
        Assert.True((await FleetAsync(server, version, "another"))["full"]!.GetValue<bool>());
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
        await Eventually.HoldsAsync("its end is told", async () =>
            (await FleetAsync(server, version, run))["removed"]!.AsArray().Any(one => one!.GetValue<string>() == host.Id));
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task History_OfAHostThatReports_HasItsShares(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 30], MemoryAvailable = 12, FreeVram = [12] }.JoinAsync(server);

        await Eventually.HoldsAsync("the report is in the history", async () =>
            (await server.GetAsync($"/clients/{host.Id}/history?hours=1")).Expect(HttpStatusCode.OK)["points"].GetArrayLength() == 1);
        var point = (await server.GetAsync($"/clients/{host.Id}/history")).Expect(HttpStatusCode.OK)["points"][0];
        Assert.Equal((20, 25, 20, 10, 50), (
            point.GetProperty("cpu_pct").GetDouble(),
            point.GetProperty("memory_pct").GetDouble(),
            point.GetProperty("disk_pct").GetDouble(),
            point.GetProperty("gpu_pct").GetDouble(),
            point.GetProperty("vram_pct").GetDouble()));
        for (var i = 0; i < 4; i++)
        {
            await host.ReportAsync(server);
        }

        await Eventually.HoldsAsync("five reports", async () =>
            (await server.GetAsync($"/clients/{host.Id}/history")).Expect(HttpStatusCode.OK)["points"].GetArrayLength() == 5);
        Assert.Equal(3, (await server.GetAsync($"/clients/{host.Id}/history?points=3")).Expect(HttpStatusCode.OK)["points"].GetArrayLength());
        (await server.GetAsync($"/clients/{host.Id}/history?hours=0")).ExpectProblem(HttpStatusCode.BadRequest);
        (await server.GetAsync("/clients/nobody/history")).ExpectProblem(HttpStatusCode.NotFound);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Backup_WhileTheGatewayWrites_IsADatabaseThatAnotherGatewayStartsWith()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        var host = await new TestHost().JoinAsync(server);
        var copy = server.File("copy.db");

        Assert.Contains("checked", await RunAsync(server, "backup", copy), StringComparison.Ordinal);
        Assert.Contains("exists", await FailAsync(server, 1, "backup", copy), StringComparison.Ordinal);

        await using var restored = await Deployment.StartAsync(Shape.Embedded, settings => settings["database"] = $"'{copy}'");
        Assert.NotNull(await restored.FindClientAsync(host.Id));
    }

    [Theory]
    [InlineData(1, "there is no host", "drain", "nobody")]
    [InlineData(1, "is not configured", "fits", "nothing")]
    [InlineData(1, "No such decision", "why", "00000000000000000000000000000001")]
    [InlineData(2, "unknown command", "frobnicate")]
    [InlineData(2, "wants one host", "drain")]
    [InlineData(2, "not a whole number", "sessions", "-limit", "many")]
    [InlineData(3, "no gateway answers", "hosts", "-admin", "http://127.0.0.1:1")]
    public async Task Command_ThatCannotBeDone_SaysWhyAndEndsWithItsCode(int exitCode, string why, params string[] arguments)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        Assert.Contains(why, await FailAsync(server, exitCode, arguments), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_OneWithoutAName_IsCalledByItsId()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var host = new TestHost();
        var registration = host.Registration();
        registration.Remove("hostname");
        (await server.PostAsync("/register", registration)).Expect(HttpStatusCode.OK);

        await Eventually.HoldsAsync(
            "it is listed", async () => (await RunAsync(server, "hosts")).Split('\n').Any(line => line.StartsWith($"{host.Id} ", StringComparison.Ordinal)));
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Config_CheckAndShow_SayWhatIsThere()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var good = server.File("good.yml");
        await File.WriteAllTextAsync(good, "port: 1234\nserver_key: s3cr3t-value\n", TestContext.Current.CancellationToken);
        var bad = server.File("bad.yml");
        await File.WriteAllTextAsync(bad, "port: 1234\nporr: 1\n", TestContext.Current.CancellationToken);

        Assert.Contains("is good", await Tool.Gateway.RunAsync("config", "check", "-config", good), StringComparison.Ordinal);
        var shown = await Tool.Gateway.RunAsync("config", "show", "-config", good);
        Assert.Contains($"port: 1234 # {good}:1", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t-value", shown, StringComparison.Ordinal);
        Assert.Contains("admin_port: 9901 # default", await Tool.Gateway.RunAsync("config", "show", "-all", "-config", good), StringComparison.Ordinal);
        var (exitCode, _, errors) = await Tool.Gateway.RunWithInputAsync("", "config", "check", "-config", bad);
        Assert.Equal(78, exitCode);
        Assert.Contains("did you mean 'port'", errors, StringComparison.Ordinal);
    }

    private static Task<string> RunAsync(Deployment server, params string[] arguments) =>
        Tool.Gateway.RunAsync([.. arguments, "-config", server.ConfigurationFile]);

    private static async Task<string> FailAsync(Deployment server, int exitCode, params string[] arguments)
    {
        var (ended, output, errors) = await Tool.Gateway.RunWithInputAsync("", [.. arguments, "-config", server.ConfigurationFile]);
        Assert.True(ended == exitCode, $"{string.Join(' ', arguments)} ended with {ended}: {output}{errors}");
        Assert.Equal("", output);
        return errors;
    }

    private static async Task<JsonNode> FleetAsync(Deployment server, long since, string run) =>
        JsonNode.Parse(await server.Http.GetStringAsync(new Uri(server.Admin, $"/api/fleet?since={since}&run={run}")))!;

    private static async Task<string> LifecycleAsync(Deployment server, TestHost host) =>
        (await server.GetAsync($"/clients/{host.Id}")).Expect(HttpStatusCode.OK)["lifecycle"].GetString()!;
}
