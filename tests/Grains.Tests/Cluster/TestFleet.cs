using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tests.Cluster;

/// <summary>Makes hosts and reports for tests.</summary>
internal static class TestFleet
{
    public static readonly TierSpec Small = new() { Name = "small", Vcpu = 1, MemoryGb = 1, StorageGb = 5 };

    public static readonly TierSpec Large = new() { Name = "large", Vcpu = 4, MemoryGb = 8, StorageGb = 30 };

    public static BackendRegistration Registration(string clientId, string pool = "default", string? endpoint = null, GeoPoint place = default) => new()
    {
        ClientId = clientId,
        Pool = pool,
        Hostname = $"{clientId}.example",
        Place = place,
        TotalCpu = 8,
        TotalMemoryGb = 32,
        TotalStorageGb = 500,
        Endpoints = [new BackendEndpoint(endpoint ?? $"http://{clientId}.example:8000", [])],
    };

    public static LoadReport Report(double cpu = 10, int cores = 8, double freeMemoryGb = 16) => new()
    {
        Timestamp = new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero),
        CpuUsage = [.. Enumerable.Repeat(cpu, cores)],
        MemoryTotalGb = 32,
        MemoryUsedGb = 32 - freeMemoryGb,
        MemoryAvailableGb = freeMemoryGb,
        DiskTotalGb = 500,
        DiskUsedGb = 100,
        DiskAvailableGb = 400,
    };

    public static HostSnapshot Host(string clientId, long registeredAt = 1, string? endpoint = null, HealthStatus health = HealthStatus.Healthy) => new()
    {
        Registration = Registration(clientId, endpoint: endpoint),
        Load = Report(),
        ReportSequence = 1,
        IsActive = true,
        Health = health,
        RegisteredAt = registeredAt,
    };

    public static PlacementRequest Request(string tier = "small", string? stickyId = null, params ReadOnlySpan<string> excluded) =>
        new() { Tier = tier, StickyId = stickyId, Excluded = [.. excluded] };
}
