using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Npgsql;
using Opsen.Protocol.Configuration;
using EndpointOptions = Orleans.Configuration.EndpointOptions;

namespace Opsen.Hosting.Cluster;

/// <summary>The address at which a silo is reached.</summary>
internal static class AdvertisedAddress
{
    // For documentation (RFC 5737): nothing is sent there, but the route tells which of the machine's addresses faces the world.
    private static readonly IPAddress Elsewhere = IPAddress.Parse("192.0.2.1");

    /// <summary>Sets the address that others are told, and where the silo listens: there, or on every address where that one belongs to a translator (NAT)
    /// before this machine.</summary>
    public static void Configure(EndpointOptions endpoint, ServerOptions options)
    {
        var address = options.AdvertisedIp.Length > 0 ? IPAddress.Parse(options.AdvertisedIp) : Find(options.ClusterConnection);
        var listen = IsOurs(address) ? address : address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        endpoint.AdvertisedIPAddress = address;
        endpoint.SiloPort = options.SiloPort;
        endpoint.GatewayPort = options.SiloGatewayPort;
        endpoint.SiloListeningEndpoint = new IPEndPoint(listen, options.SiloPort);
        endpoint.GatewayListeningEndpoint = new IPEndPoint(listen, options.SiloGatewayPort);
    }

    /// <summary>The address from which this machine reaches its database; where that runs on this machine, the one that faces the world.</summary>
    private static IPAddress Find(string connection)
    {
        var host = new NpgsqlConnectionStringBuilder(connection).Host?.Split(',')[0].Split(':')[0];
        var database = host is null || host.StartsWith('/') ? IPAddress.Loopback : Dns.GetHostAddresses(host).FirstOrDefault(IPAddress.Loopback);
        var source = SourceFor(database);
        return IPAddress.IsLoopback(source) ? SourceFor(Elsewhere) : source;
    }

    private static IPAddress SourceFor(IPAddress destination)
    {
        try
        {
            using var socket = new Socket(destination.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(destination, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            // No route: a machine without a network.
            return IPAddress.Loopback;
        }
    }

    private static bool IsOurs(IPAddress address) => IPAddress.IsLoopback(address)
        || NetworkInterface.GetAllNetworkInterfaces().Any(one => one.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)));
}
