using System.Net;
using Opsen.Agent.Geo;
using Opsen.Agent.Identity;
using Opsen.Agent.Network;
using Opsen.Agent.Sampling;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Reporting;

/// <summary>Makes what is sent to the gateway from the newest samples. 1 GB is 1024³ bytes, as in the Go agent. What is unknown is left out.</summary>
internal sealed class HostReport(
    ClientIdentity identity, AgentOptions options, HostLoad host, DiskLoad disk, GpuLoad gpus, HostPlace place, TimeProvider time)
{
    private const double BytesPerGb = 1024.0 * 1024 * 1024;

    // A busy host may sample late; but samples that stopped must not look like a host at rest.
    private static readonly TimeSpan OldestSample = TimeSpan.FromSeconds(30);

    // Wait for the disk and the cards at the start, but not forever: either may hang.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    /// <summary>The host's name, which may change while the agent runs.</summary>
    private string Hostname => options.Hostname.Length > 0 ? options.Hostname : Dns.GetHostName();

    /// <summary>Completes when a first report can be made.</summary>
    public async Task WhenReadyAsync(CancellationToken cancellationToken)
    {
        await host.Ready.WaitAsync(cancellationToken);
        var others = Task.WhenAll(disk.Ready, gpus.Ready);
        if (!others.IsCompleted)
        {
            await Task.WhenAny(others, Task.Delay(StartPatience, time, cancellationToken));
        }
    }

    /// <summary>The host's load; null when there is no fresh sample.</summary>
    public StatsRequest? Stats()
    {
        if (host.Read(OldestSample) is not { } means)
        {
            return null;
        }

        var storage = disk.Read();
        var cards = gpus.Read();
        return new StatsRequest
        {
            ClientId = identity.Id,
            Hostname = Hostname,
            Timestamp = time.GetUtcNow(),
            CpuCores = means.CpuUsage.Length,
            CpuUsageAvg = Array.ConvertAll(means.CpuUsage, Percent),
            MemoryTotalGb = Gb(means.MemoryTotalBytes),
            MemoryUsedGb = Gb(means.MemoryUsedBytes),

            // A new session needs what is free now, not what was free on average: the lesser counts.
            MemoryAvailGb = Gb(means.MemoryTotalBytes - Greater(means.MemoryUsedBytes, means.MemoryUsedBytesNow)),
            DiskTotalGb = Gb(storage?.TotalBytes),
            DiskUsedGb = Gb(storage?.TotalBytes - storage?.FreeBytes),
            DiskAvailGb = Gb(storage?.AvailableBytes),
            Gpus = cards.Count == 0 ? null : [.. cards.Select(card => Gpu(card, means))],
            LastMinute = new LastMinuteStats
            {
                CpuUsagePct = Percent(means.CpuUsageLastMinute),
                MemoryUsedGb = Gb(means.MemoryUsedBytesLastMinute),
            },
            Contention = new ContentionStats
            {
                CpuStealPct = Percent(means.StealPct),
                CpuIowaitPct = Percent(means.IowaitPct),
                CpuPressurePct = Percent(means.Pressure?.CpuPct),
                MemoryPressurePct = Percent(means.Pressure?.MemoryPct),
                IoPressurePct = Percent(means.Pressure?.IoPct),
            },
        };
    }

    /// <summary>How much of the host is used now; null when there is no fresh sample.</summary>
    public HostUse? Use() => host.Read(OldestSample) is not { } means ? null : new HostUse(
        means.CpuUsageLastMinute,
        100.0 * means.MemoryUsedBytesNow / means.MemoryTotalBytes,
        [
            .. gpus.Read().Select(static card => new CardUse(
                card.Card.Index, card.UtilizationPctLastMinute, 100.0 * card.Newest.MemoryUsedBytes / card.MemoryTotalBytes)),
        ]);

    /// <summary>The host's fixed properties; null when there is no fresh sample.</summary>
    /// <param name="local">The host's address in the network of the gateway.</param>
    public RegisterRequest? Registration(IPAddress? local)
    {
        if (host.Read(OldestSample) is not { } means)
        {
            return null;
        }

        var cards = gpus.Read();
        var found = options.SkipGeolocation ? null : place.Place;
        return new RegisterRequest
        {
            ClientId = identity.Id,
            Hostname = Hostname,
            LocalIp = local?.ToString(),
            PublicIp = PublicIp(local),
            Latitude = found?.Latitude,
            Longitude = found?.Longitude,
            Country = found is null ? null : NonEmpty(found.Country),
            City = found is null ? null : NonEmpty(found.City),
            TotalCpu = means.CoreCount,
            TotalMemoryGb = Gb(means.MemoryTotalBytes),
            TotalStorageGb = Gb(disk.Read()?.TotalBytes),
            TotalGpus = cards.Count == 0 ? null : cards.Count,
            GpuModels = cards.Count == 0 ? null : [.. cards.Select(card => card.Card.Name)],
            EndpointUrl = NonEmpty(options.EndpointUrl),
            Endpoints = options.Endpoints.Count == 0
                ? null
                : [.. options.Endpoints.Select(endpoint => new EndpointEntry { Url = endpoint.Url, Paths = endpoint.Paths })],
            Pool = NonEmpty(options.Pool),
        };
    }

    // The gateway finds a host's place from its public address, or from the connection's. A host that says "unknown", as the reference's agent does, gets
    // none.
    private string? PublicIp(IPAddress? local) =>
        options.SkipGeolocation ? "unknown" : local is not null && LocalAddress.IsPublic(local) ? local.ToString() : place.Address?.ToString();

    private static GpuStats Gpu(GpuMeans card, HostMeans host) => new()
    {
        DeviceId = card.Card.Index,
        Name = card.Card.Name,
        UtilizationPct = Percent(card.UtilizationPct),
        MemoryUsedGb = card.Newest.UsesHostMemory
            ? Gb(Greater(host.MemoryUsedBytes, host.MemoryUsedBytesNow))
            : Gb(Greater(card.MemoryUsedBytes, card.Newest.MemoryUsedBytes)),
        MemoryTotalGb = card.Newest.UsesHostMemory ? Gb(host.MemoryTotalBytes) : Gb(card.MemoryTotalBytes),
        TemperatureC = card.TemperatureC is { } temperature ? Math.Round(temperature, 1) : null,
        PowerDrawW = card.PowerW is { } power ? Math.Round(power, 1) : null,
        Uuid = card.Card.Uuid,
        UtilizationLastMinutePct = Percent(card.UtilizationPctLastMinute),
        EccErrors = card.Newest.EccErrors,
        Xid = card.Newest.Xid,
    };

    private static double Percent(double value) => Math.Round(Math.Clamp(value, 0, 100), 2);

    private static double? Percent(double? value) => value is { } known ? Percent(known) : null;

    private static double? Greater(double? mean, double? now) => mean is { } one && now is { } other ? Math.Max(one, other) : mean ?? now;

    private static double? Gb(double? bytes) => bytes / BytesPerGb;

    private static string? NonEmpty(string value) => value.Length == 0 ? null : value;
}
