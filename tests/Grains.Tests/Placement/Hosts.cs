using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tests.Placement;

/// <summary>Makes hosts: by default one idle machine with 8 cores, 32 GB of memory and 100 GB of disk, at an unknown place.</summary>
internal static class Hosts
{
    public static HostSnapshot Create(string clientId, LoadReport? load = null, GeoPoint place = default, long sequence = 1, int totalGpus = 0) => new()
    {
        Registration = new()
        {
            ClientId = clientId,
            Pool = "default",
            Place = place,
            TotalGpus = totalGpus,
            Endpoints = [new($"http://{clientId}:11000", [])],
        },
        Load = load ?? Load(),
        ReportSequence = sequence,
        IsActive = true,
        Health = HealthStatus.Healthy,
    };

    public static LoadReport Load(
        ImmutableArray<double>? cores = null, double memoryFree = 32, double diskFree = 100, ImmutableArray<GpuLoad>? gpus = null) => new()
        {
            CpuUsage = cores ?? [0, 0, 0, 0, 0, 0, 0, 0],
            MemoryTotalGb = 32,
            MemoryUsedGb = 32 - memoryFree,
            MemoryAvailableGb = memoryFree,
            DiskTotalGb = 100,
            DiskUsedGb = 100 - diskFree,
            DiskAvailableGb = diskFree,
            Gpus = gpus ?? [],
        };

    public static GpuLoad Gpu(int deviceId, double free, double utilization = 0) =>
        new() { DeviceId = deviceId, MemoryTotalGb = 80, MemoryUsedGb = 80 - free, UtilizationPct = utilization };

    public static HostSnapshot Next(this HostSnapshot host, LoadReport load) => host with { Load = load, ReportSequence = host.ReportSequence + 1 };
}
