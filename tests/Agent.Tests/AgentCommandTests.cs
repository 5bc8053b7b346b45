using System.Text.Json;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests;

/// <summary>What the executable does instead of running: <c>--once</c> and <c>doctor</c>.</summary>
public sealed class AgentCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public AgentCommandTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "reads procfs");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Once_Host_PrintsATable()
    {
        using var agent = AgentProcess.Start("--once", "-disk", "/");
        var exit = await agent.WaitAsync();
        Assert.Equal((0, ""), (exit.Code, exit.Error));
        Assert.Matches(@"(?m)^CPU +\d+ cores, [\d.]+ % used", exit.Output);
        Assert.Matches(@"(?m)^Memory +[\d.]+ of [\d.]+ GB used", exit.Output);
        Assert.Matches(@"(?m)^Disk +/: [\d.]+ of [\d.]+ GB used", exit.Output);
    }

    [Fact]
    public async Task Once_Json_IsTheReportThatWouldBeSent()
    {
        using var nvml = FakeNvml.Compile();
        using var agent = AgentProcess.Start(
            new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Path.GetDirectoryName(nvml.Library)! }, "-once", "-json");
        var exit = await agent.WaitAsync();
        using var report = JsonDocument.Parse(exit.Output);
        Assert.True(report.RootElement.GetProperty("memory_total_gb").GetDouble() > 0);
        Assert.Equal(report.RootElement.GetProperty("cpu_cores").GetInt32(), report.RootElement.GetProperty("cpu_usage_avg").GetArrayLength());
        Assert.Equal(["GPU-0", "GPU-1"], report.RootElement.GetProperty("gpus").EnumerateArray().Select(card => card.GetProperty("uuid").GetString()));
    }

    [Fact]
    public async Task Doctor_EverythingIsWell_SaysSo()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/health", 200, """{"status":"ok","total_clients":3}""");
        gateway.Answer("/stats", 400);
        gateway.Answer("/clients/node-1", 200, Host("healthy"));
        var exit = await RunDoctorAsync(gateway.Url);
        Assert.Equal(0, exit.Code);
        Assert.Contains("with 3 hosts registered", exit.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^ok +key +is accepted", exit.Output);
        Assert.Matches("(?m)^ok +reached ", exit.Output);
        Assert.Contains("Nothing is wrong.", exit.Output, StringComparison.Ordinal);
        Assert.Null((await gateway.NextCallAsync()).Headers.GetValueOrDefault("X-API-Key"));
        var report = await gateway.NextCallAsync();
        Assert.Equal(("POST", "/stats", "secret", "{}"), (report.Method, report.Path, report.Headers["X-API-Key"], report.Body.GetRawText()));
    }

    [Theory]
    [InlineData("nobody listens", "BAD +gateway .*Check server_url")]
    [InlineData("something else", "BAD +gateway .*no gateway answers there")]
    [InlineData("wrong key", "BAD +key .*server_key")]
    [InlineData("unreachable", "BAD +reached .*does not reach http://node-1:8000")]
    [InlineData("not registered", "note +host +is not registered")]
    public async Task Doctor_SomethingIsWrong_SaysWhat(string what, string expected)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var url = gateway.Url;
        switch (what)
        {
            case "nobody listens":
                await gateway.DisposeAsync();
                break;
            case "something else":
                gateway.Answer("/health", 200, "<html>");
                break;
            case "wrong key":
                gateway.Answer("/health", 200, """{"total_clients":0}""");
                gateway.Answer("/stats", 403, """{"detail":"The key is not accepted."}""");
                break;
            case "unreachable":
                gateway.Answer("/health", 200, """{"total_clients":1}""");
                gateway.Answer("/clients/node-1", 200, Host("unhealthy"));
                break;
            default:
                gateway.Answer("/health", 200, """{"total_clients":0}""");
                gateway.Answer("/clients/node-1", 404);
                break;
        }

        var exit = await RunDoctorAsync(url);
        Assert.Matches($"(?m)^{expected}", exit.Output);
        Assert.Equal(what == "not registered" ? 0 : 1, exit.Code);
    }

    [Fact]
    public async Task Doctor_DiskIsNotThere_NamesIt()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var exit = await RunDoctorAsync(gateway.Url, "disk_path: /no/such/place");
        Assert.Equal(1, exit.Code);
        Assert.Matches("(?m)^BAD +disk +/no/such/place: No such file", exit.Output);
    }

    [Fact]
    public async Task Doctor_NoIdentityYet_MakesNone()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        using var agent = AgentProcess.Start("doctor", "-config", Config(gateway.Url, $"state_dir: {_directory.File("state")}", ""));
        var exit = await agent.WaitAsync();
        Assert.Matches("(?m)^ok +identity +none yet", exit.Output);
        Assert.False(Directory.Exists(_directory.File("state")));
    }

    [Fact]
    public async Task Help_Prints_CommandsToo()
    {
        using var agent = AgentProcess.Start("-help");
        var exit = await agent.WaitAsync();
        Assert.Equal(0, exit.Code);
        Assert.Contains("-once", exit.Output, StringComparison.Ordinal);
        Assert.Contains("doctor", exit.Output, StringComparison.Ordinal);
    }

    private static string Host(string health) =>
        $$"""{"client_id":"node-1","hostname":"node-1","endpoint":"http://node-1:8000","is_active":true,"lifecycle":"in_service","health_status":"{{health}}","last_seen":"2026-01-01T00:00:00Z"}""";

    private async Task<AgentExit> RunDoctorAsync(string url, string more = "")
    {
        using var agent = AgentProcess.Start("doctor", "-config", Config(url, more, "client_id: node-1"));
        return await agent.WaitAsync();
    }

    private string Config(string url, string more, string id) => _directory.Write("client.yml", $"""
        server_url: {url}
        server_key: secret
        {id}
        {more}
        """);
}
