using System.Net;
using Opsen.Agent.Identity;
using Opsen.Agent.Sampling;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Reporting;

/// <summary>Makes what is sent to the gateway from the newest samples. 1 GB is 1024³ bytes, as in the Go agent. What is unknown is left out.</summary>
internal sealed class HostReport(
    ClientIdentity identity, AgentOptions options, HostLoad host, DiskLoad disk, GpuLoad gpus, TimeProvider time)
{
    private const double BytesPerGb = 1024.0 * 1024 * 1024;

    // A busy host may sample late; but samples that stopped must not look like a host at rest.
    private static readonly TimeSpan OldestSample = TimeSpan.FromSeconds(30);

    // Wait for the disk and the cards at the start, but not forever: either may hang.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private readonly string _hostname = options.Hostname.Length > 0 ? options.Hostname : Dns.GetHostName();

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
            Hostname = _hostname,
            Timestamp = time.GetUtcNow(),
            CpuCores = means.CpuUsage.Length,
            CpuUsageAvg = Array.ConvertAll(means.CpuUsage, Percent),
            MemoryTotalGb = Gb(means.MemoryTotalBytes),
            MemoryUsedGb = Gb(means.MemoryUsedBytes),
            MemoryAvailGb = Gb(means.MemoryTotalBytes - means.MemoryUsedBytes),
            DiskTotalGb = Gb(storage?.TotalBytes),
            DiskUsedGb = Gb(storage?.TotalBytes - storage?.FreeBytes),
            DiskAvailGb = Gb(storage?.AvailableBytes),
            Gpus = cards.Count == 0 ? null : [.. cards.Select(Gpu)],
        };
    }

    /// <summary>The host's fixed properties; null when there is no fresh sample.</summary>
    /// <param name="local">The host's address in the network of the gateway.</param>
    public RegisterRequest? Registration(IPAddress? local)
    {
        if (host.Read(OldestSample) is not { } means)
        {
            return null;
        }

        var cards = gpus.Read();
        return new RegisterRequest
        {
            ClientId = identity.Id,
            Hostname = _hostname,
            LocalIp = local?.ToString(),
            PublicIp = PublicIp(local),
            TotalCpu = means.CpuUsage.Length,
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
        options.SkipGeolocation ? "unknown" : local is not null && LocalAddress.IsPublic(local) ? local.ToString() : null;

    private static GpuStats Gpu(GpuMeans card) => new()
    {
        DeviceId = card.Card.Index,
        Name = card.Card.Name,
        UtilizationPct = card.UtilizationPct is { } utilization ? Percent(utilization) : null,
        MemoryUsedGb = Gb(card.MemoryUsedBytes),
        MemoryTotalGb = Gb(card.MemoryTotalBytes),
        TemperatureC = card.TemperatureC is { } temperature ? Math.Round(temperature, 1) : null,
        PowerDrawW = card.PowerW is { } power ? Math.Round(power, 1) : null,
    };

    private static double Percent(double value) => Math.Round(Math.Clamp(value, 0, 100), 2);

    private static double? Gb(double? bytes) => bytes / BytesPerGb;

    private static string? NonEmpty(string value) => value.Length == 0 ? null : value;
}
