using System.Text.Json;
using Opsen.Gateway.Api;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Tests.Api;

public sealed class HostEntryFormatTests
{
    private static readonly HostSnapshot Bare = new()
    {
        Registration = new BackendRegistration
        {
            ClientId = "host-1",
            Pool = "default",
            Hostname = "backend-1",
            TotalCpu = 8,
            TotalMemoryGb = 32,
            TotalStorageGb = 500,
            Endpoints = [new BackendEndpoint("http://10.0.0.7:9001", [])],
        },
        LastSeen = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
    };

    private static readonly LoadReport Load = new()
    {
        CpuUsage = [12.34, 80, 0.05],
        MemoryTotalGb = 32,
        MemoryUsedGb = 12.26,
        DiskTotalGb = 1234.5,
        DiskUsedGb = 100,
    };

    [Fact]
    public void Format_HostWithCards_MatchesTheReferencesForm()
    {
        var host = Bare with
        {
            Registration = Bare.Registration with { City = "München", Country = "DE", TotalGpus = 2, GpuModels = ["L4", "L4"] },
            Load = Load with
            {
                Gpus =
                [
                    new GpuLoad { DeviceId = 0, Name = "L4", UtilizationPct = 45, MemoryUsedGb = 4, MemoryTotalGb = 24, TemperatureC = 61.4, PowerDrawW = 220 },
                    new GpuLoad { DeviceId = 1, Name = "L4" },
                ],
            },
            IsActive = true,
            Health = HealthStatus.Healthy,
            LatencyMs = 12.46,
            LastHealthCheck = new DateTimeOffset(2026, 1, 31, 11, 59, 0, TimeSpan.Zero),
            DownEndpoints = ["http://10.0.0.7:9002"],
            Lifecycle = Lifecycle.Draining,
            DrainDeadline = new DateTimeOffset(2026, 1, 31, 12, 30, 0, TimeSpan.Zero),
        };

        const string expected = """
            {"client_id":"host-1","hostname":"backend-1","endpoint":"http://10.0.0.7:9001","location":"München, DE","cpu_cores":3,
            "cpu_usage":["12.3%","80.0%","0.1%"],"memory_gb":"12.3/32.0","disk_gb":"100.0/1234.5","last_seen":"2026-01-31T12:00:00+00:00",
            "is_active":true,"health_status":"healthy","latency_ms":"12.5","last_health_check":"2026-01-31T11:59:00+00:00",
            "down_endpoints":["http://10.0.0.7:9002"],"lifecycle":"draining","drain_deadline":"2026-01-31T12:30:00+00:00","sessions":7,
            "total_gpus":2,"gpu_models":["L4","L4"],"gpu_stats":[
            {"device_id":0,"name":"L4","utilization":"45.0%","vram":"4.0/24.0 GB","temperature":"61°C","power_draw":"220W"},
            {"device_id":1,"name":"L4","utilization":"0.0%","vram":"0.0/0.0 GB","temperature":"0°C"}]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), Json(host));
    }

    [Fact]
    public void Format_HostWithoutReport_ShowsWhatItRegistered()
    {
        const string expected = """
            {"client_id":"host-1","hostname":"backend-1","endpoint":"http://10.0.0.7:9001","location":"unknown","cpu_cores":8,"cpu_usage":[],
            "memory_gb":"0.0/32.0","disk_gb":"0.0/500.0","last_seen":"2026-01-31T12:00:00+00:00","is_active":false,"health_status":"unknown","latency_ms":"0.0",
            "lifecycle":"in_service","sessions":7}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), Json(Bare));
    }

    [Theory]
    [InlineData("Berlin", "DE", "Berlin, DE")]
    [InlineData("Berlin", "", "Berlin")]
    [InlineData("", "DE", "DE")]
    [InlineData("", "", "unknown")]
    public void Format_Location_LeavesOutWhatIsUnknown(string city, string country, string expected) =>
        Assert.Equal(expected, HostEntryFormat.Format(Bare with { Registration = Bare.Registration with { City = city, Country = country } }, 0).Location);

    [Fact]
    public void Format_CardsOnlyReported_AreShown()
    {
        var entry = HostEntryFormat.Format(Bare with { Load = Load with { Gpus = [new GpuLoad { DeviceId = 0, Name = "MI300X" }] } }, 0);

        Assert.Equal(1, entry.TotalGpus);
        Assert.Equal(["MI300X"], entry.GpuModels);
    }

    private static string Json(HostSnapshot host)
    {
        IReadOnlyList<ClientEntry> entries = [HostEntryFormat.Format(host, 7)];
        return JsonSerializer.Serialize(entries, WireJson.Outgoing.IReadOnlyListClientEntry)[1..^1];
    }
}
