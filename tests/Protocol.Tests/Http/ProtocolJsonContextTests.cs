using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Opsen.Protocol.Http;

namespace Opsen.Protocol.Tests.Http;

/// <summary>The names on the wire are the contract with existing agents and callers.</summary>
public sealed class ProtocolJsonContextTests
{
    public static TheoryData<Type, string[]> Names { get; } = new()
    {
        {
            typeof(RegisterRequest),
            [
                "client_id", "hostname", "public_ip", "local_ip", "latitude", "longitude", "country", "city", "total_cpu", "total_memory_gb",
                "total_storage_gb", "total_gpus", "gpu_models", "endpoint_url", "endpoints", "pool",
            ]
        },
        { typeof(EndpointEntry), ["url", "paths"] },
        {
            typeof(StatsRequest),
            [
                "client_id", "hostname", "timestamp", "cpu_cores", "cpu_usage_avg", "memory_total_gb", "memory_used_gb", "memory_avail_gb",
                "disk_total_gb", "disk_used_gb", "disk_avail_gb", "gpus", "last_minute", "contention",
            ]
        },
        { typeof(GpuStats), ["device_id", "name", "utilization_pct", "memory_used_gb", "memory_total_gb", "temperature_c", "power_draw_w", "uuid", "utilization_last_minute_pct", "ecc_errors", "xid"] },
        { typeof(RouteRequest), ["tier", "client_ip", "client_lat", "client_lon"] },
        { typeof(RouteResponse), ["client_id", "endpoint", "hostname", "distance_km", "reservation_id", "gpu_ids", "pool", "spilled", "waited_seconds", "explanation"] },
        { typeof(StatusResponse), ["status"] },
        { typeof(HealthResponse), ["status", "timestamp", "total_clients", "active_clients", "unhealthy_clients", "panic"] },
        { typeof(LifecycleResponse), ["client_id", "lifecycle", "drain_deadline"] },
        { typeof(PurgeResponse), ["status", "purged", "timestamp"] },
        {
            typeof(ClientEntry),
            [
                "client_id", "hostname", "endpoint", "location", "cpu_cores", "cpu_usage", "memory_gb", "disk_gb", "last_seen", "is_active",
                "health_status", "latency_ms", "last_health_check", "down_endpoints", "lifecycle", "drain_deadline", "sessions", "total_gpus", "gpu_models", "gpu_stats",
            ]
        },
        { typeof(DecisionListResponse), ["decisions"] },
        { typeof(DecisionEntry), ["reservation_id", "tier", "client_id", "sticky_id", "decided_at"] },
        { typeof(HistoryResponse), ["client_id", "points"] },
        { typeof(HistoryEntry), ["time", "cpu_pct", "memory_pct", "disk_pct", "gpu_pct", "vram_pct"] },
        { typeof(ClientGpuEntry), ["device_id", "name", "utilization", "vram", "temperature", "power_draw", "uuid"] },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void TypeInfo_OfAWireType_HasTheContractsNames(Type type, string[] names)
    {
        var info = ProtocolJsonContext.Default.GetTypeInfo(type);

        Assert.Equal(JsonTypeInfoKind.Object, info?.Kind);
        Assert.Equal(names, info!.Properties.Select(property => property.Name));
    }

    [Fact]
    public void Deserialize_RegistrationOfTheReferencesAgent_IsRead()
    {
        const string Body =
            """
            {"client_id":"a1","hostname":"backend-1","public_ip":"unknown","local_ip":"10.0.0.5","latitude":0,"longitude":0,"country":"","city":"",
             "total_cpu":8,"total_memory_gb":31.25,"total_storage_gb":468.4,"total_gpus":0,"gpu_models":null,"endpoint_url":"",
             "endpoints":[{"url":"https://backend:11000","paths":["/v1","/api"]},{"url":"https://backend:7000","paths":null}],
             "created_at":"0001-01-01T00:00:00Z","last_seen":"0001-01-01T00:00:00Z"}
            """;

        var request = JsonSerializer.Deserialize(Body, ProtocolJsonContext.Default.RegisterRequest)!;

        Assert.Equal(("a1", "unknown", "10.0.0.5"), (request.ClientId, request.PublicIp, request.LocalIp));
        Assert.Equal((8, 31.25, 468.4, 0), (request.TotalCpu, request.TotalMemoryGb, request.TotalStorageGb, request.TotalGpus));
        Assert.Null(request.GpuModels);
        Assert.Equal(["/v1", "/api"], request.Endpoints![0].Paths!);
        Assert.Null(request.Endpoints[1].Paths);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("2026-01-31T23:59:59.123456789+02:00")]
    [InlineData("2026-01-31T23:59:59.123456789Z")]
    public void Deserialize_ReportOfTheReferencesAgent_IsRead(string timestamp)
    {
        var body =
            $$"""
            {"client_id":"a1","hostname":"backend-1","timestamp":"{{timestamp}}","cpu_cores":2,"cpu_usage_avg":[0,99.5],
             "memory_total_gb":31.25,"memory_used_gb":1,"memory_avail_gb":30.25,"disk_total_gb":100,"disk_used_gb":40,"disk_avail_gb":60,
             "gpus":[{"device_id":0,"name":"NVIDIA L4","utilization_pct":12.5,"memory_used_gb":1.5,"memory_total_gb":24,
              "temperature_c":61,"power_draw_w":33.2}]}
            """;

        var request = JsonSerializer.Deserialize(body, ProtocolJsonContext.Default.StatsRequest)!;

        Assert.Equal(int.Parse(timestamp.AsSpan(0, 4), null), request.Timestamp!.Value.Year);
        Assert.Equal([0, 99.5], request.CpuUsageAvg!);
        Assert.Equal((2, 31.25, 30.25, 60), (request.CpuCores, request.MemoryTotalGb, request.MemoryAvailGb, request.DiskAvailGb));
        Assert.Equal(
            new GpuStats
            {
                DeviceId = 0,
                Name = "NVIDIA L4",
                UtilizationPct = 12.5,
                MemoryUsedGb = 1.5,
                MemoryTotalGb = 24,
                TemperatureC = 61,
                PowerDrawW = 33.2,
            },
            Assert.Single(request.Gpus!));
    }

    [Fact]
    public void Serialize_RouteResponse_AlwaysHasDistanceAndGpus()
    {
        var response = new RouteResponse { ClientId = "a", Endpoint = "http://a", Hostname = "h", DistanceKm = 0, GpuIds = [] };

        Assert.Equal(
            """{"client_id":"a","endpoint":"http://a","hostname":"h","distance_km":0,"gpu_ids":[]}""",
            JsonSerializer.Serialize(response, ProtocolJsonContext.Default.RouteResponse));
    }

    [Fact]
    public void Serialize_HealthResponse_HasAnRfc3339Timestamp()
    {
        var response = new HealthResponse("ok", new DateTimeOffset(2026, 1, 31, 23, 59, 59, TimeSpan.Zero), 3, 2, 1, Panic: true);

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(response, ProtocolJsonContext.Default.HealthResponse));

        Assert.Equal("2026-01-31T23:59:59+00:00", document.RootElement.GetProperty("timestamp").GetString());
        Assert.Equal(3, document.RootElement.GetProperty("total_clients").GetInt32());
        Assert.Equal(2, document.RootElement.GetProperty("active_clients").GetInt32());
        Assert.Equal(1, document.RootElement.GetProperty("unhealthy_clients").GetInt32());
        Assert.True(document.RootElement.GetProperty("panic").GetBoolean());
    }

    [Fact]
    public void Serialize_HostWithoutCards_LeavesOutWhatOnlyCardsHave()
    {
        IReadOnlyList<ClientEntry> entries =
        [
            new()
            {
                ClientId = "a", Hostname = "h", Endpoint = "http://a", Location = "Berlin, DE", CpuCores = 1, CpuUsage = ["12.3%"], MemoryGb = "1.0/2.0",
                DiskGb = "3.0/4.0", LastSeen = DateTimeOffset.UnixEpoch, IsActive = true, HealthStatus = "unknown", LatencyMs = "0.0", Lifecycle = "in_service",
            },
        ];

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(entries, ProtocolJsonContext.Default.IReadOnlyListClientEntry));

        Assert.Equal(
            [
                "client_id", "hostname", "endpoint", "location", "cpu_cores", "cpu_usage", "memory_gb", "disk_gb", "last_seen", "is_active", "health_status",
                "latency_ms", "lifecycle",
            ],
            document.RootElement[0].EnumerateObject().Select(property => property.Name));
    }
}
