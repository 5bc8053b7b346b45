using System.Diagnostics;
using System.Text;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests;

/// <summary>The executable as a whole, against a real HTTP server.</summary>
public sealed class AgentProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_RealHost_RegistersReportsStopsAndKeepsItsId()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "stops it by signal");
        await using var gateway = await ScriptedGateway.StartAsync();
        var config = Config(gateway.Url);
        var first = await RunUntilReportedAsync(gateway, config);
        var second = await RunUntilReportedAsync(gateway, config);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Run_HostProcMounted_ReadsIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads procfs");
        await using var gateway = await ScriptedGateway.StartAsync();
        _ = _directory.Write("proc/stat", ProcStat(0));
        _ = _directory.Write("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 2097152 kB\n");
        using var agent = AgentProcess.Start(
            new Dictionary<string, string> { ["HOST_PROC"] = _directory.File("proc"), ["OPSEN_CLIENT_CORES"] = "2-4,11" }, "-config", Config(gateway.Url));
        using var writer = new CancellationTokenSource();
        var moving = KeepMovingAsync(writer.Token);
        var registration = await gateway.NextCallAsync();
        var stats = await gateway.NextCallAsync();
        await writer.CancelAsync();
        await moving;
        Assert.Equal(4, registration.Body.GetProperty("total_cpu").GetInt32());
        Assert.Equal(8, registration.Body.GetProperty("total_memory_gb").GetDouble());
        Assert.Equal(4, stats.Body.GetProperty("cpu_cores").GetInt32());
        Assert.Equal(6, stats.Body.GetProperty("memory_used_gb").GetDouble());
        Assert.Equal([25, 25, 25, 25], stats.Body.GetProperty("cpu_usage_avg").EnumerateArray().Select(core => core.GetDouble()));
    }

    [Fact]
    public async Task Run_FakeNvidiaDriver_ReportsItsCards()
    {
        using var nvml = FakeNvml.Compile();
        await using var gateway = await ScriptedGateway.StartAsync();
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Path.GetDirectoryName(nvml.Library)! };
        using var agent = AgentProcess.Start(environment, "-config", Config(gateway.Url));
        var registration = await gateway.NextCallAsync();
        Assert.Equal(["Fake RTX 0", "Fake RTX 1"], registration.Body.GetProperty("gpu_models").EnumerateArray().Select(model => model.GetString()));
        var gpus = (await gateway.NextCallAsync()).Body.GetProperty("gpus");
        Assert.Equal([40, 41], gpus.EnumerateArray().Select(gpu => gpu.GetProperty("utilization_pct").GetDouble()));
        Assert.Equal([220.5, 220.5], gpus.EnumerateArray().Select(gpu => gpu.GetProperty("power_draw_w").GetDouble()));
    }

    [Fact]
    public async Task Run_CoreThatDoesNotExist_SaysSoAndStops()
    {
        using var agent = AgentProcess.Start("-config", Config("http://127.0.0.1:9", "cores: 0,8000"));
        var exit = await agent.WaitAsync();
        Assert.Equal(ConfigurationResult<AgentOptions>.InvalidExitCode, exit.Code);
        Assert.Contains("no core 8000", exit.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WrongConfiguration_NamesEveryErrorAndStops()
    {
        using var agent = AgentProcess.Start("-config", Config("http://127.0.0.1:9", "no_such_key: 1\nreport_interval_seconds: never"));
        var exit = await agent.WaitAsync();
        Assert.Equal(ConfigurationResult<AgentOptions>.InvalidExitCode, exit.Code);
        Assert.Contains("no_such_key", exit.Error, StringComparison.Ordinal);
        Assert.Contains("report_interval_seconds", exit.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-version")]
    [InlineData("--version")]
    public async Task Run_Version_PrintsIt(string flag)
    {
        using var agent = AgentProcess.Start(flag);
        var exit = await agent.WaitAsync();
        Assert.Equal(0, exit.Code);
        Assert.Matches(@"^opsen-agent \d+\.\d+\.\d+(\+[0-9a-f]{40})?\s*$", exit.Output);
    }

    private static async Task<string> RunUntilReportedAsync(ScriptedGateway gateway, string config)
    {
        using var agent = AgentProcess.Start("-config", config);
        var registration = await gateway.NextCallAsync();
        Assert.Equal("/register", registration.Path);
        var id = registration.Body.GetProperty("client_id").GetString()!;
        Assert.Equal("e2e", registration.Body.GetProperty("hostname").GetString());
        Assert.Equal("127.0.0.1", registration.Body.GetProperty("local_ip").GetString());
        Assert.True(registration.Body.GetProperty("total_memory_gb").GetDouble() > 0);
        Assert.True(registration.Body.GetProperty("total_storage_gb").GetDouble() > 0);

        for (var report = 0; report < 2; report++)
        {
            var stats = await gateway.NextCallAsync();
            Assert.Equal("/stats", stats.Path);
            Assert.Equal(id, stats.Body.GetProperty("client_id").GetString());
            var cores = stats.Body.GetProperty("cpu_usage_avg").EnumerateArray().Select(core => core.GetDouble()).ToList();
            Assert.Equal(registration.Body.GetProperty("total_cpu").GetInt32(), cores.Count);
            Assert.All(cores, core => Assert.InRange(core, 0, 100));
            var total = stats.Body.GetProperty("memory_total_gb").GetDouble();
            Assert.InRange(stats.Body.GetProperty("memory_used_gb").GetDouble(), 0, total);
            Assert.InRange(stats.Body.GetProperty("disk_avail_gb").GetDouble(), 0, stats.Body.GetProperty("disk_total_gb").GetDouble());
            Assert.InRange(DateTimeOffset.UtcNow - stats.Body.GetProperty("timestamp").GetDateTimeOffset(), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        }

        var stopping = Stopwatch.StartNew();
        agent.Terminate();
        var exit = await agent.WaitAsync();
        Assert.Equal(0, exit.Code);
        Assert.InRange(stopping.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Contains($"Registered as {id}", exit.Output, StringComparison.Ordinal);
        while (await gateway.NextCallAsync() is { Path: var path } && path != $"/clients/{id}/drain?reason=shutdown")
        {
            Assert.Equal("/stats", path);
        }

        return id;
    }

    // Moves the counters on, in place and in one write, as the kernel would.
    private async Task KeepMovingAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var file = File.OpenHandle(_directory.File("proc", "stat"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        for (var step = 1; !cancellationToken.IsCancellationRequested; step++)
        {
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(ProcStat(step)), 0);
            _ = await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    // Twelve cores, a quarter of their time busy; every number has the same width, so the file keeps its length.
    private static string ProcStat(int step) =>
        $"cpu  0 0 0 0\n{string.Concat(Enumerable.Range(0, 12).Select(id => $"cpu{id} {step:D9} 0 0 {3 * step:D9} 0 0 0 0 0 0\n"))}intr 1\n";

    private string Config(string url, string more = "") => _directory.Write("client.yml", $"""
        server_url: {url}
        hostname: e2e
        endpoint_url: http://127.0.0.1:11000
        state_dir: {_directory.File("state")}
        report_interval_seconds: 1
        window_minutes: 0.1
        {more}
        """);
}
