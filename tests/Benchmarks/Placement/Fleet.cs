using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Benchmarks.Placement;

/// <summary>Where the hosts of a fleet are.</summary>
public enum Layout
{
    /// <summary>All at one place.</summary>
    OneSite,

    /// <summary>At thirty places anywhere on Earth.</summary>
    Sites30,

    /// <summary>Within half a degree around thirty places.</summary>
    Regions30,

    /// <summary>Each at a place of its own, anywhere on Earth.</summary>
    Scattered,
}

/// <summary>A random fleet, always the same for the same arguments: 16 cores up to 70 % busy, 64 GB of memory up to a third used; full hosts have no free
/// core.</summary>
internal sealed class Fleet
{
    private const int Cores = 16;
    private const int Sites = 30;

    private readonly Random _random = new(42);
    private readonly double _fullShare;

    public Fleet(int size, Layout layout, int fullPercent)
    {
        _fullShare = fullPercent / 100d;
        var sites = Enumerable.Range(0, layout == Layout.OneSite ? 1 : Sites).Select(_ => Anywhere()).ToArray();
        Hosts = new HostSnapshot[size];
        for (var i = 0; i < size; i++)
        {
            var site = sites[_random.Next(sites.Length)];
            var place = layout switch
            {
                Layout.Scattered => Anywhere(),
                Layout.Regions30 => new(Math.Clamp(site.Latitude + _random.NextDouble() - 0.5, -90, 90), site.Longitude + _random.NextDouble() - 0.5),
                _ => site,
            };

            // The first host is never full, so that the smallest fleet can always serve.
            Hosts[i] = Create(i, place, isFull: i > 0 && _random.NextDouble() < _fullShare);
        }
    }

    /// <summary>The default tiers of the server.</summary>
    public static ImmutableArray<TierSpec> Tiers { get; } =
    [
        new() { Name = "free", Vcpu = 1, MemoryGb = 1 },
        new() { Name = "lite", Vcpu = 1, MemoryGb = 1, StorageGb = 5 },
        new() { Name = "pro-standard", Vcpu = 2, MemoryGb = 4, StorageGb = 20 },
        new() { Name = "pro-turbo", Vcpu = 4, MemoryGb = 8, StorageGb = 30 },
        new() { Name = "pro-max", Vcpu = 8, MemoryGb = 16, StorageGb = 40 },
    ];

    public HostSnapshot[] Hosts { get; }

    public PlacementIndex CreateIndex(bool isProjected = false)
    {
        var index = new PlacementIndex(Tiers, TimeSpan.FromMinutes(2), projectedWindow: isProjected ? TimeSpan.FromMinutes(15) : null);
        foreach (var host in Hosts)
        {
            index.Upsert(host, 0);
        }

        return index;
    }

    /// <summary>Requests for the tiers lite to pro-turbo from anywhere.</summary>
    public PlacementQuery[] CreateQueries(int count, bool withPlace) =>
        [.. Enumerable.Range(0, count).Select(i => new PlacementQuery { Tier = 1 + (i % 3), Place = withPlace ? Anywhere() : default })];

    /// <summary>New reports of random hosts.</summary>
    public HostSnapshot[] CreateReports(int count) => [.. Enumerable.Range(1, count).Select(sequence => Report(Hosts[_random.Next(Hosts.Length)], sequence))];

    private GeoPoint Anywhere() => new(double.RadiansToDegrees(Math.Asin((_random.NextDouble() * 2) - 1)), (_random.NextDouble() * 360) - 180);

    private HostSnapshot Report(HostSnapshot host, int sequence) =>
        host with { Load = Load(_random.NextDouble() < _fullShare), ReportSequence = 1 + sequence };

    private HostSnapshot Create(int number, GeoPoint place, bool isFull) => new()
    {
        Registration = new()
        {
            ClientId = new Guid(number, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8).ToString(),
            Pool = "default",
            Hostname = $"backend-{number}.example.com",
            LocalIp = $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}",
            PublicIp = $"198.51.{(number >> 8) & 255}.{number & 255}",
            City = "Somewhere",
            Place = place,
            TotalCpu = Cores,
            TotalMemoryGb = 64,
            TotalStorageGb = 500,
            Endpoints = [new($"http://10.{number >> 16}.{(number >> 8) & 255}.{number & 255}:11000", [])],
        },
        Load = Load(isFull),
        ReportSequence = 1,
        IsActive = true,
        Health = HealthStatus.Healthy,
        LatencyMs = _random.NextDouble() * 5,
    };

    private LoadReport Load(bool isFull)
    {
        var used = _random.NextDouble() * 20;
        return new()
        {
            CpuUsage = [.. Enumerable.Range(0, Cores).Select(_ => isFull ? 90 : _random.NextDouble() * 70)],
            MemoryTotalGb = 64,
            MemoryUsedGb = used,
            MemoryAvailableGb = 64 - used,
            DiskTotalGb = 500,
            DiskUsedGb = 10,
            DiskAvailableGb = 490,
        };
    }
}
