using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>Puts hosts into a fleet view without a cluster.</summary>
internal static class Hosts
{
    public static HostSnapshot New(string clientId, bool isActive = true) => new()
    {
        Registration = new BackendRegistration
        {
            ClientId = clientId,
            Pool = "default",
            Hostname = $"{clientId}.example",
            Endpoints = [new BackendEndpoint($"http://{clientId}.example:8000", [])],
        },
        IsActive = isActive,
    };

    public static void Publish(this FleetView fleet, params HostSnapshot[] hosts) => fleet.Apply(new FleetChanges
    {
        Epoch = fleet.Epoch + 1,
        Version = 1,
        IsFull = true,
        Changed = [.. hosts.Select(host => new FleetHost(host, 0, 0))],
        Removed = [],
        Tiers = [new TierSpec { Name = "small" }, new TierSpec { Name = "large" }],
    });
}
