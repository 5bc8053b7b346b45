using System.Net;
using System.Text.Json;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Tests.Reporting;

public sealed class HostReportTests
{
    private static readonly IPAddress Local = IPAddress.Parse("10.1.2.3");

    [Fact]
    public async Task Stats_HostWithoutGpu_HasTheFieldsOfTheContract()
    {
        await using var agent = new ReportHarness(new AgentOptions { Hostname = "node-1" });
        var body = Json(agent.Report.Stats()!, ProtocolJsonContext.Default.StatsRequest);
        Assert.Equal(
            """
            {"client_id":"id-1","hostname":"node-1","timestamp":"2000-01-01T00:00:00+00:00","cpu_cores":2,"cpu_usage_avg":[25,50],
            "memory_total_gb":8,"memory_used_gb":2,"memory_avail_gb":6,"disk_total_gb":100,"disk_used_gb":40,"disk_avail_gb":55,
            "last_minute":{"cpu_usage_pct":37.5,"memory_used_gb":2},"contention":{"cpu_steal_pct":0,"cpu_iowait_pct":0}}
            """.ReplaceLineEndings(""),
            body);
    }

    [Fact]
    public async Task Stats_Cards_LeavesOutWhatTheyDoNotTell()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        agent.Gpus.Cards =
        [
            FakeGpuSensor.Reading(new GpuIdentity("GPU-a", 0, "A100"), 42, 4L << 30, 40L << 30, 61, 220.54),
            FakeGpuSensor.Reading(new GpuIdentity("GPU-b", 2, "A100"), null, 1L << 30, 40L << 30, null, null),
        ];
        agent.Sample(new CoreCounter(0, 25, 75), new CoreCounter(1, 50, 50));
        using var body = JsonDocument.Parse(Json(agent.Report.Stats()!, ProtocolJsonContext.Default.StatsRequest));
        Assert.Equal(
            """
            [{"device_id":0,"name":"A100","utilization_pct":42,"memory_used_gb":4,"memory_total_gb":40,"temperature_c":61,"power_draw_w":220.5,
            "uuid":"GPU-a","utilization_last_minute_pct":42},
            {"device_id":2,"name":"A100","memory_used_gb":1,"memory_total_gb":40,"uuid":"GPU-b"}]
            """.ReplaceLineEndings(""),
            body.RootElement.GetProperty("gpus").GetRawText());
    }

    [Fact]
    public async Task Stats_CardThatUsesTheHostsMemory_HasThat()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        agent.Gpus.Cards = [new GpuReading(new GpuIdentity("GPU-a", 0, "GB10")) { UsesHostMemory = true }];
        agent.Sample(new CoreCounter(0, 50, 150), new CoreCounter(1, 100, 100));
        var card = Assert.Single(agent.Report.Stats()!.Gpus!);
        Assert.Equal((8, 2), (card.MemoryTotalGb, card.MemoryUsedGb));
    }

    [Fact]
    public async Task Stats_DiskUnknown_LeavesItOut()
    {
        var options = new AgentOptions();
        await using var agent = new ReportHarness(options);
        agent.Disk.Reading = null;
        for (var second = 0; second < 125; second++)
        {
            agent.Sample(new CoreCounter(0, 25, 75), new CoreCounter(1, 50, 50));
        }

        var stats = agent.Report.Stats()!;
        Assert.Null(stats.DiskTotalGb);
        Assert.Null(stats.DiskAvailGb);
        Assert.Equal(2, stats.CpuCores);
    }

    [Fact]
    public async Task Registration_Everything_HasTheFieldsOfTheContract()
    {
        var options = new AgentOptions
        {
            Hostname = "node-1",
            EndpointUrl = "http://node-1:8000",
            Endpoints = [new EndpointOptions { Url = "http://node-1:8000", Paths = ["/v1", "/api/*"] }],
            Pool = "gpu",
        };
        await using var agent = new ReportHarness(options);
        agent.Gpus.Cards = [FakeGpuSensor.Reading(new GpuIdentity("GPU-a", 0, "A100"), 42, 4L << 30, 40L << 30, 61, 220)];
        agent.Sample(new CoreCounter(0, 25, 75), new CoreCounter(1, 50, 50));
        Assert.Equal(
            """
            {"client_id":"id-1","hostname":"node-1","local_ip":"10.1.2.3","total_cpu":2,"total_memory_gb":8,"total_storage_gb":100,
            "total_gpus":1,"gpu_models":["A100"],"endpoint_url":"http://node-1:8000",
            "endpoints":[{"url":"http://node-1:8000","paths":["/v1","/api/*"]}],"pool":"gpu"}
            """.ReplaceLineEndings(""),
            Json(agent.Report.Registration(Local)!, ProtocolJsonContext.Default.RegisterRequest));
    }

    [Fact]
    public async Task Registration_Defaults_LeavesOutWhatIsUnknown()
    {
        await using var agent = new ReportHarness(new AgentOptions { Hostname = "node-1", Pool = "" });
        Assert.Equal(
            """{"client_id":"id-1","hostname":"node-1","total_cpu":2,"total_memory_gb":8,"total_storage_gb":100}""",
            Json(agent.Report.Registration(null)!, ProtocolJsonContext.Default.RegisterRequest));
    }

    [Theory]
    [InlineData("93.184.216.34", false, "93.184.216.34")]
    [InlineData("93.184.216.34", true, "unknown")]
    [InlineData("10.1.2.3", false, null)]
    public async Task Registration_PublicAddress_IsToldUnlessThePlaceIsToBeSkipped(string local, bool skip, string? expected)
    {
        await using var agent = new ReportHarness(new AgentOptions { SkipGeolocation = skip });
        var registration = agent.Report.Registration(IPAddress.Parse(local))!;
        Assert.Equal(expected, registration.PublicIp);
        Assert.Null(registration.Latitude);
        Assert.Null(registration.Longitude);
    }

    [Fact]
    public async Task Registration_NoHostname_UsesTheSystems()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        Assert.Equal(Dns.GetHostName(), agent.Report.Registration(null)!.Hostname);
    }

    private static string Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}
