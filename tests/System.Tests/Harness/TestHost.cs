using System.Net;
using System.Text.Json.Nodes;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>A host that a test registers and reports by itself. Each has a place of its own,
/// at least 600 km from the others (for the first 150), so that a caller at its place gets it whatever the load.</summary>
internal sealed record TestHost
{
    private static int _made;

    private readonly int _number = Interlocked.Increment(ref _made);

    /// <summary>The host's identity.</summary>
    public string Id { get; init; } = $"host-{Guid.NewGuid():N}";

    /// <summary>Where it serves.</summary>
    public string Url { get => field ?? $"http://127.0.0.1:1/{_number}"; init; }

    /// <summary>Degrees north.</summary>
    public double Latitude => -60 + (_number * 35 % 121);

    /// <summary>Degrees east.</summary>
    public double Longitude => -179 + (_number * 123 % 358);

    /// <summary>Use of each core, percent.</summary>
    public IReadOnlyList<double> CpuUsage { get; init; } = [12.34, 20, 30, 40];

    /// <summary>Memory that a session could get, of 16 GB.</summary>
    public double MemoryAvailable { get; init; } = 12;

    /// <summary>Disk that a session could get, GB.</summary>
    public double DiskAvailable { get; init; } = 80;

    /// <summary>URLs with their path patterns; null = <see cref="Url"/> alone.</summary>
    public IReadOnlyList<(string Url, string[] Paths)>? Endpoints { get; init; }

    /// <summary>Free VRAM of each of its cards of 24 GB.</summary>
    public IReadOnlyList<double> FreeVram { get; init; } = [];

    /// <summary>Its pool; null = the gateway's.</summary>
    public string? Pool { get; init; }

    /// <summary>Body of <c>POST /register</c>.</summary>
    public JsonObject Registration()
    {
        var body = new JsonObject
        {
            ["client_id"] = Id,
            ["hostname"] = $"{Id}.test",
            ["local_ip"] = "10.1.2.3",
            ["public_ip"] = "203.0.113.9",
            ["latitude"] = Latitude,
            ["longitude"] = Longitude,
            ["country"] = "DE",
            ["city"] = "Bonn",
            ["total_cpu"] = CpuUsage.Count,
            ["total_memory_gb"] = 16,
            ["total_storage_gb"] = DiskAvailable + 20,
            ["endpoint_url"] = Url,
        };
        if (Pool is not null)
        {
            body["pool"] = Pool;
        }

        if (Endpoints is not null)
        {
            body["endpoints"] = new JsonArray([.. Endpoints.Select(static endpoint => new JsonObject
            {
                ["url"] = endpoint.Url,
                ["paths"] = new JsonArray([.. endpoint.Paths.Select(static path => JsonValue.Create(path))]),
            })]);
        }

        if (FreeVram.Count > 0)
        {
            body["total_gpus"] = FreeVram.Count;
            body["gpu_models"] = new JsonArray([.. FreeVram.Select(static _ => JsonValue.Create("Test GPU"))]);
        }

        return body;
    }

    /// <summary>Body of <c>POST /stats</c>.</summary>
    public JsonObject Report()
    {
        var body = new JsonObject
        {
            ["client_id"] = Id,
            ["hostname"] = $"{Id}.test",
            ["timestamp"] = DateTimeOffset.UtcNow.ToString("O"),
            ["cpu_cores"] = CpuUsage.Count,
            ["cpu_usage_avg"] = new JsonArray([.. CpuUsage.Select(static usage => JsonValue.Create(usage))]),
            ["memory_total_gb"] = 16,
            ["memory_used_gb"] = 16 - MemoryAvailable,
            ["memory_avail_gb"] = MemoryAvailable,
            ["disk_total_gb"] = DiskAvailable + 20,
            ["disk_used_gb"] = 20,
            ["disk_avail_gb"] = DiskAvailable,
        };
        if (FreeVram.Count > 0)
        {
            body["gpus"] = new JsonArray([.. FreeVram.Select(static (free, index) => new JsonObject
            {
                ["device_id"] = index,
                ["name"] = "Test GPU",
                ["utilization_pct"] = 10,
                ["memory_used_gb"] = 24 - free,
                ["memory_total_gb"] = 24,
                ["temperature_c"] = 61,
                ["power_draw_w"] = 220,
            })]);
        }

        return body;
    }

    /// <summary>Registers, reports, and waits until the server shows the report.</summary>
    public async Task<TestHost> JoinAsync(Deployment server)
    {
        (await server.PostPatientlyAsync("/register", Registration())).Expect(HttpStatusCode.OK);
        await ReportAsync(server);
        await Wait.UntilAsync(
            $"the report of {Id} in GET /clients",
            async _ => (await server.FindClientAsync(Id, "?active_only=true"))?.GetProperty("cpu_usage").GetArrayLength() > 0,
            Patience.Change,
            TestContext.Current.CancellationToken);
        return this;
    }

    /// <summary>Reports once.</summary>
    public async Task ReportAsync(Deployment server) => (await server.PostPatientlyAsync("/stats", Report())).Expect(HttpStatusCode.OK);
}
