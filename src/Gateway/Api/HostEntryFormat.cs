using System.Globalization;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary>Formats a host for <c>GET /clients</c>, in the shape of the reference implementation (the Go server whose users switch to Opsen).</summary>
internal static class HostEntryFormat
{
    private const string UnknownLocation = "unknown";

    /// <param name="sessions">How many assignments it has; null when that is not known now.</param>
    public static ClientEntry Format(HostSnapshot host, int? sessions)
    {
        var registration = host.Registration;
        var load = host.Load;
        var cards = load?.Gpus ?? [];
        var totalGpus = Math.Max(registration.TotalGpus, cards.Length);
        return new ClientEntry
        {
            ClientId = host.ClientId,
            Hostname = registration.Hostname,
            Endpoint = registration.Endpoint,
            Location = Location(registration.City, registration.Country),
            CpuCores = load?.CpuUsage.Length ?? registration.TotalCpu,
            CpuUsage = load is null ? [] : [.. load.CpuUsage.Select(Percent)],
            MemoryGb = UsedOfTotal(load?.MemoryUsedGb ?? 0, load?.MemoryTotalGb ?? registration.TotalMemoryGb),
            DiskGb = UsedOfTotal(load?.DiskUsedGb ?? 0, load?.DiskTotalGb ?? registration.TotalStorageGb),
            LastSeen = host.LastSeen,
            IsActive = host.IsActive,
            HealthStatus = Name(host.Health),
            LatencyMs = Decimal(host.LatencyMs),
            LastHealthCheck = host.LastHealthCheck,
            DownEndpoints = host.DownEndpoints.IsEmpty ? null : host.DownEndpoints,
            Lifecycle = Name(host.Lifecycle),
            DrainDeadline = host.DrainDeadline,
            Sessions = sessions,
            TotalGpus = totalGpus > 0 ? totalGpus : null,
            GpuModels = totalGpus == 0 ? null : registration.GpuModels.Length > 0 ? registration.GpuModels : [.. cards.Select(card => card.Name)],
            GpuStats = cards.Length > 0 ? [.. cards.Select(Format)] : null,
        };
    }

    private static ClientGpuEntry Format(GpuLoad card) => new()
    {
        DeviceId = card.DeviceId,
        Name = card.Name,
        Utilization = Percent(card.UtilizationPct),
        Vram = $"{UsedOfTotal(card.MemoryUsedGb, card.MemoryTotalGb)} GB",
        Temperature = $"{Whole(card.TemperatureC)}°C",
        PowerDraw = card.PowerDrawW > 0 ? $"{Whole(card.PowerDrawW)}W" : null,
        Uuid = card.Uuid,
    };

    private static string Location(string city, string country) => (city.Length, country.Length) switch
    {
        (0, 0) => UnknownLocation,
        (0, _) => country,
        (_, 0) => city,
        _ => $"{city}, {country}",
    };

    /// <summary>A lifecycle's name in the API.</summary>
    public static string Name(Lifecycle lifecycle) => lifecycle switch
    {
        Lifecycle.Draining => "draining",
        Lifecycle.Drained => "drained",
        Lifecycle.Maintenance => "maintenance",
        _ => "in_service",
    };

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Unhealthy => "unhealthy",
        _ => "unknown",
    };

    private static string Percent(double value) => $"{Decimal(value)}%";

    private static string UsedOfTotal(double used, double total) => $"{Decimal(used)}/{Decimal(total)}";

    private static string Decimal(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string Whole(double value) => value.ToString("F0", CultureInfo.InvariantCulture);
}
