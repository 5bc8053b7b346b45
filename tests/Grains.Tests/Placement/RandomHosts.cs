using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tests.Placement;

/// <summary>Random tiers, hosts, loads and places. Values come from few levels as often as not, so that ties and exact fits happen.</summary>
internal static class RandomHosts
{
    private static readonly GeoPoint[] Sites =
        [new(52.5, 13.4), new(40.7, -74), new(-33.9, 151.2), new(35.7, 139.7), new(0, 0), new(90, 0), new(0, 180), new(0, -180)];

    public static ImmutableArray<TierSpec> Tiers { get; } =
    [
        new() { Name = "zero" },
        new() { Name = "lite", Vcpu = 1, MemoryGb = 1, StorageGb = 5 },
        new() { Name = "tenth", Vcpu = 0, MemoryGb = 0.1, StorageGb = 0.3 },
        new() { Name = "pro", Vcpu = 4, MemoryGb = 8, StorageGb = 30 },
        new() { Name = "gpu", Vcpu = 2, MemoryGb = 4, StorageGb = 0, Gpu = 1, GpuMemoryGb = 16 },
        new() { Name = "gpus", Vcpu = 1, MemoryGb = 1, StorageGb = 1, Gpu = 2, GpuMemoryGb = 30 },
        new() { Name = "any-gpu", Gpu = 1 },
    ];

    public static GeoPoint Place(Random random) => random.Next(10) switch
    {
        < 5 => Sites[random.Next(Sites.Length)],
        < 7 => new(Sites[random.Next(Sites.Length)].Latitude - random.NextDouble(), random.NextDouble() * 20),
        _ => new((random.NextDouble() * 180) - 90, (random.NextDouble() * 360) - 180),
    };

    public static HostSnapshot Host(Random random, string clientId, long sequence) =>
        State(random, Hosts.Create(clientId, Load(random), Place(random), sequence, random.Next(4) == 0 ? random.Next(4) : 0));

    public static HostSnapshot State(Random random, HostSnapshot host) => host with
    {
        IsActive = random.Next(12) > 0,
        Health = (HealthStatus)(random.Next(12) is 0 ? 2 : random.Next(2)),
        Lifecycle = (Lifecycle)(random.Next(10) is 0 ? random.Next(1, 4) : 0),
        SlowStartLeft = random.Next(8) == 0 ? random.NextDouble() : 0,
        LatencyMs = random.Next(3) == 0 ? random.NextDouble() * 30 : 0,
        Load = random.Next(40) == 0 ? null : host.Load,
    };

    public static LoadReport Load(Random random)
    {
        var total = random.Next(8) == 0 ? 0 : 1 << random.Next(2, 7);
        var used = total * Level(random) / 100;
        return new()
        {
            CpuUsage = [.. Enumerable.Range(0, random.Next(17)).Select(_ => Level(random))],
            MemoryTotalGb = total,
            MemoryUsedGb = used,
            MemoryAvailableGb = random.Next(6) == 0 ? random.Next(4) : total - used,
            DiskTotalGb = 100,
            DiskUsedGb = 50,
            DiskAvailableGb = random.Next(6) == 0 ? random.Next(7) * 0.1 : random.Next(100),
            Gpus = random.Next(2) == 0 ? [] : [.. Enumerable.Range(random.Next(3), random.Next(1, 6)).Select(id => Gpu(random, id))],
        };
    }

    private static GpuLoad Gpu(Random random, int id)
    {
        var total = random.Next(4) * 16;
        return new() { DeviceId = id, UtilizationPct = Level(random), MemoryTotalGb = total, MemoryUsedGb = total * Level(random) / 100 };
    }

    private static double Level(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => random.Next(5) * 25,
        2 => random.Next(2) == 0 ? 80 : 79.999,
        _ => random.NextDouble() * 100,
    };
}
