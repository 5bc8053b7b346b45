using Opsen.Gateway.Operator;

namespace Opsen.Gateway.Commands;

/// <summary>Hosts as people name them: by id, by host name, or by how one of them begins.</summary>
internal static class HostNames
{
    /// <summary>The host that is meant.</summary>
    /// <exception cref="CommandException">None is, or several are.</exception>
    public static HostDocument Find(FleetDocument fleet, string name)
    {
        var meant = fleet.Hosts.Where(host => host.ClientId == name).ToList();
        meant = meant.Count > 0 ? meant : [.. fleet.Hosts.Where(host => host.Hostname.Equals(name, StringComparison.OrdinalIgnoreCase))];
        meant = meant.Count > 0 ? meant : [.. fleet.Hosts.Where(host => host.ClientId.StartsWith(name, StringComparison.Ordinal)
            || host.Hostname.StartsWith(name, StringComparison.OrdinalIgnoreCase))];
        return meant.Count switch
        {
            1 => meant[0],
            0 => throw new CommandException($"there is no host '{name}'; 'hosts' lists them"),
            _ => throw new CommandException(
                $"'{name}' may be any of {meant.Count} hosts; use an id: {string.Join(", ", meant.Take(5).Select(static host => $"{host.ClientId} ({host.Hostname})"))}"),
        };
    }

    /// <summary>A host's name for people; its id when it is gone.</summary>
    public static string Describe(FleetDocument fleet, string clientId) =>
        fleet.Hosts.FirstOrDefault(host => host.ClientId == clientId)?.Hostname ?? clientId;
}
