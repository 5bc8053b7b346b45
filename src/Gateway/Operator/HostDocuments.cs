using Opsen.Gateway.Api;
using Opsen.Gateway.Routing;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Operator;

/// <summary>Formats hosts for operators.</summary>
internal static class HostDocuments
{
    /// <summary>Formats a host.</summary>
    /// <param name="host">Its state.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="room">What fits on it; default while that is not known.</param>
    /// <param name="sessions">How many sessions it has; null while that is not known.</param>
    public static HostDocument Format(HostSnapshot host, string pool, HostRoom room, int? sessions)
    {
        var (registration, load) = (host.Registration, host.Load);
        return new HostDocument
        {
            ClientId = host.ClientId,
            Hostname = NameOf(host),
            Endpoint = registration.Endpoint,
            Pool = pool,
            State = HostStates.Of(host),
            Lifecycle = HostEntryFormat.Name(host.Lifecycle),
            DrainDeadline = host.DrainDeadline,
            LastSeen = host.LastSeen,
            Location = string.Join(", ", new[] { registration.City, registration.Country }.Where(static part => part.Length > 0)),
            Latitude = registration.Place.IsKnown ? registration.Place.Latitude : null,
            Longitude = registration.Place.IsKnown ? registration.Place.Longitude : null,
            LatencyMs = host.LastHealthCheck is null ? null : Math.Round(host.LatencyMs, 1),
            DownEndpoints = host.DownEndpoints.IsEmpty ? null : host.DownEndpoints,
            Cpu = load is null ? [] : [.. load.CpuUsage.Select(static usage => Math.Round(usage, 1))],
            Memory = load is { MemoryTotalGb: > 0 } ? Amount(load.MemoryUsedGb, load.MemoryAvailableGb, load.MemoryTotalGb) : null,
            Disk = load is { DiskTotalGb: > 0 } ? Amount(load.DiskUsedGb, load.DiskAvailableGb, load.DiskTotalGb) : null,
            Gpus = load is { Gpus.IsEmpty: false } ? [.. load.Gpus.Select(Format)] : null,
            Sessions = sessions,
            Reservations = room.Reservations,
            Room = room.Sessions.IsDefault ? [] : room.Sessions,
            Refusals = room.Refusals.IsDefault ? [] : [.. room.Refusals.Select(DecisionWords.Of)],
        };
    }

    /// <summary>What people call a host: its name, or its identity when it registered without one.</summary>
    public static string NameOf(HostSnapshot host) => host.Registration.Hostname.Length > 0 ? host.Registration.Hostname : host.ClientId;

    private static AmountDocument Amount(double used, double available, double total) =>
        new(Math.Round(used, 2), Math.Round(available, 2), Math.Round(total, 2));

    private static CardDocument Format(GpuLoad card) => new(
        card.DeviceId,
        card.Name,
        Math.Round(card.UtilizationPct, 1),
        Math.Round(card.MemoryUsedGb, 2),
        Math.Round(card.MemoryTotalGb, 2),
        Math.Round(card.TemperatureC),
        Math.Round(card.PowerDrawW));
}
