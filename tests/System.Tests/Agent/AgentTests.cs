using System.Net;
using System.Text.Json;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Agent;

/// <summary>The real agent against the real server.</summary>
public class AgentTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Agent_Started_RegistersAndReportsItsCoresMemoryAndDisk(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);

        await using var agent = StartAgent(server);

        var client = await ReportingAsync(server, agent);
        Assert.Equal("agent-host", client.GetProperty("hostname").GetString());
        Assert.Equal("http://127.0.0.1:7777", client.GetProperty("endpoint").GetString()?.TrimEnd('/'));
        Assert.Equal(1, client.GetProperty("cpu_cores").GetInt32());
        Assert.Matches(@"^\d+\.\d%$", Assert.Single(client.GetProperty("cpu_usage").EnumerateArray()).GetString());
        Assert.Matches(@"^\d+\.\d/\d+\.\d$", client.GetProperty("memory_gb").GetString());
        Assert.Matches(@"^\d+\.\d/\d+\.\d$", client.GetProperty("disk_gb").GetString());
        Assert.Equal(client.GetProperty("client_id").GetString(), (await server.RouteAsync("tiny"))["client_id"].GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Agent_KilledAndStartedAgain_KeepsItsId(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var first = StartAgent(server);
        var before = await ReportingAsync(server, first);
        await first.KillAsync();

        await using var second = StartAgent(server);

        await Eventually.HoldsAsync(
            "a later report", async () => LastSeen(await SingleAsync(server)) > LastSeen(before));
        Assert.Equal(before.GetProperty("client_id").GetString(), (await SingleAsync(server)).GetProperty("client_id").GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Agent_ServerForgotIt_RegistersAgain(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var agent = StartAgent(server);
        var before = await ReportingAsync(server, agent);

        await server.KillAsync(Victim.All);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(server.DatabaseFile)!, Path.GetFileName(server.DatabaseFile) + "*"))
        {
            File.Delete(file);
        }

        await server.StartMissingAsync();

        var after = await ReportingAsync(server, agent);
        Assert.Equal(before.GetProperty("client_id").GetString(), after.GetProperty("client_id").GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Agent_StopsInOrder_DrainsItsHostAndLiftsThatWhenItIsBack(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var first = StartAgent(server);
        await ReportingAsync(server, first);

        await first.StopAsync(Patience.Change);

        await Eventually.HoldsAsync("the host drains", () => IsAsync(server, "draining"));
        (await server.RouteAsync("tiny")).ExpectProblem(HttpStatusCode.ServiceUnavailable);

        await using var second = StartAgent(server);
        await Eventually.HoldsAsync("the host is in service", () => IsAsync(server, "in_service"));
    }

    private static async Task<bool> IsAsync(Deployment server, string lifecycle) =>
        (await SingleAsync(server)).GetProperty("lifecycle").GetString() == lifecycle;

    private static ChildProcess StartAgent(Deployment server)
    {
        var file = server.File("client.yml");
        File.WriteAllText(file, $$"""
            server_url: {{server.Address.OriginalString}}
            endpoint_url: http://127.0.0.1:7777
            hostname: agent-host
            cores: "0"
            window_minutes: 0.1
            report_interval_seconds: 1
            disk_path: '{{Path.GetTempPath()}}'
            skip_geolocation: true
            state_dir: '{{server.File("agent-state")}}'
            """);
        return Programs.StartAgent(["-config", file]);
    }

    private static async Task<JsonElement> ReportingAsync(Deployment server, ChildProcess agent)
    {
        await Eventually.HoldsAsync("the agent's report is there", async () =>
        {
            Assert.False(agent.HasExited, string.Join('\n', agent.Log));
            var hosts = (await server.GetAsync("/clients?active_only=true")).Json;
            return hosts.EnumerateArray().Any(static host => host.GetProperty("cpu_usage").GetArrayLength() > 0);
        });
        return await SingleAsync(server);
    }

    private static async Task<JsonElement> SingleAsync(Deployment server) => Assert.Single((await server.GetAsync("/clients")).Json.EnumerateArray());

    private static DateTimeOffset LastSeen(JsonElement client) => client.GetProperty("last_seen").GetDateTimeOffset();
}
