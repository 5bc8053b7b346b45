using System.Globalization;
using Opsen.Gateway.Operator;

namespace Opsen.Gateway.Commands;

/// <summary>Writes the fleet for people.</summary>
internal static class FleetText
{
    /// <summary>The hosts as a table, those in service first.</summary>
    public static TextTable Hosts(FleetDocument fleet, bool withIds)
    {
        var table = withIds
            ? new TextTable("HOST", "STATE", ">CPU", ">MEMORY", ">DISK", ">GPU", ">VRAM", ">SESSIONS", ">RESERVED", ">ACTIVE", ">AGE", "POOL", "ENDPOINT", "ID")
            : new TextTable("HOST", "STATE", ">CPU", ">MEMORY", ">DISK", ">GPU", ">VRAM", ">SESSIONS", ">RESERVED", ">ACTIVE", ">AGE", "POOL");
        foreach (var host in fleet.Hosts.OrderBy(static host => host.State != "in_service").ThenBy(static host => host.Hostname, StringComparer.Ordinal))
        {
            string[] cells =
            [
                host.Hostname,
                host.State,
                host.Cpu.Count == 0 ? "-" : $"{Number(host.Cpu.Average())}% of {host.Cpu.Count}",
                Share(host.Memory),
                Share(host.Disk),
                host.Gpus is { } cards ? $"{Number(cards.Average(static card => card.UtilizationPct))}% of {cards.Count}" : "-",
                host.Gpus is { } with && with.Sum(static card => card.MemoryTotalGb) is > 0 and var vram
                    ? $"{Number(with.Sum(static card => card.MemoryUsedGb) / vram * 100)}%" : "-",
                host.Sessions?.ToString(CultureInfo.InvariantCulture) ?? "?",
                host.Reservations.ToString(CultureInfo.InvariantCulture),
                fleet.Active.GetValueOrDefault(host.ClientId).ToString(CultureInfo.InvariantCulture),
                Age(fleet.Time - host.LastSeen),
                host.Pool,
            ];
            table.Add(withIds ? [.. cells, host.Endpoint, host.ClientId] : cells);
        }

        return table;
    }

    /// <summary>How many more sessions fit, a line a tier.</summary>
    public static TextTable Room(FleetDocument fleet, string? tier = null)
    {
        var table = new TextTable("TIER", ">FITS", ">HOSTS", "NEEDS", "WHAT KEEPS THE OTHERS FROM IT");
        for (var i = 0; i < fleet.Tiers.Count; i++)
        {
            var number = i;
            if (tier is not null && fleet.Tiers[i].Name != tier)
            {
                continue;
            }

            var refusals = fleet.Hosts.Where(host => number < host.Refusals.Count && host.Refusals[number].Length > 0)
                .CountBy(host => host.Refusals[number])
                .OrderByDescending(static count => count.Value)
                .Select(static count => $"{count.Value} {count.Key}");
            table.Add(
                fleet.Tiers[i].Name,
                fleet.Pools.Any(static pool => pool.RoomKnown) ? fleet.Tiers[i].Room.ToString(CultureInfo.InvariantCulture) : "?",
                fleet.Hosts.Count(host => number < host.Room.Count && host.Room[number] > 0).ToString(CultureInfo.InvariantCulture),
                Needs(fleet.Tiers[i]),
                string.Join(", ", refusals));
        }

        return table;
    }

    /// <summary>How many more sessions of one tier fit, a line a host.</summary>
    public static TextTable RoomByHost(FleetDocument fleet, int tier)
    {
        var table = new TextTable("HOST", ">FITS", "WHY NOT", "ID");
        var hosts = fleet.Hosts.Where(host => tier < host.Room.Count);
        foreach (var host in hosts.OrderByDescending(host => host.Room[tier]).ThenBy(static host => host.Hostname, StringComparer.Ordinal))
        {
            table.Add(host.Hostname, host.Room[tier].ToString(CultureInfo.InvariantCulture), host.Refusals[tier], host.ClientId);
        }

        return table;
    }

    /// <summary>One line about the whole.</summary>
    public static string Summary(FleetDocument fleet)
    {
        var states = fleet.Hosts.CountBy(static host => host.State).OrderByDescending(static count => count.Value).Select(static count => $"{count.Value} {count.Key}");
        var panic = fleet.Pools.Where(static pool => pool.Panic).Select(static pool => $"; pool {pool.Name} is in PANIC: routing ignores health");
        return $"{fleet.Hosts.Count} host{(fleet.Hosts.Count == 1 ? "" : "s")}{(fleet.Hosts.Count == 0 ? "" : $" ({string.Join(", ", states)})")}, {fleet.Active.Values.Sum()} requests in progress{string.Concat(panic)}";
    }

    /// <summary>A time in its largest unit.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalSeconds: < 120 } => $"{(int)age.TotalSeconds}s",
        { TotalMinutes: < 120 } => $"{(int)age.TotalMinutes}m",
        { TotalHours: < 48 } => $"{(int)age.TotalHours}h",
        _ => $"{(int)age.TotalDays}d",
    };

    /// <summary>A number as short as it can be.</summary>
    public static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Share(AmountDocument? amount) =>
        amount is null ? "-" : $"{Number((amount.Total - amount.Available) / amount.Total * 100)}% of {Number(amount.Total)}";

    private static string Needs(TierDocument tier)
    {
        var gpu = tier.Gpu == 0 ? "" : $", {tier.Gpu} GPU{(tier.GpuMemoryGb > 0 ? $" with {Number(tier.GpuMemoryGb)} GB" : "")}";
        return $"{tier.Vcpu} cores, {Number(tier.MemoryGb)} GB, disk {Number(tier.StorageGb)} GB{gpu}";
    }
}
