using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Ingest;

/// <summary>The addresses at which this gateway itself listens, which no host may register, and to which no name of a host may lead.</summary>
internal sealed class OwnListeners(ServerOptions options)
{
    /// <summary>Whether an address with its port is one of them.</summary>
    public bool Contains(IPEndPoint endPoint) => Contains(endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address, endPoint.Port);

    /// <summary>Whether a URL is one of them, without resolving names.</summary>
    public bool Contains(Uri url) =>
        Find(url) is { } address && Contains(address, url.Port);

    private bool Contains(IPAddress address, int port) =>
        (port == options.Port && Covers(options.Host, address)) || (port == options.AdminPort && Covers(options.AdminHost, address));

    private static IPAddress? Find(Uri url)
    {
        var host = url.IdnHost;
        return IPAddress.TryParse(host, out var literal) ? (literal.IsIPv4MappedToIPv6 ? literal.MapToIPv4() : literal)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : host.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : null;
    }

    private static bool Covers(string listener, IPAddress address)
    {
        var own = ListenAddress.Parse(listener);
        var isAny = own.Equals(IPAddress.IPv6Any) || (own.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork);
        return own.Equals(address) || (isAny && IsOfThisMachine(address));
    }

    private static bool IsOfThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || NetworkInterface.GetAllNetworkInterfaces().SelectMany(static card => card.GetIPProperties().UnicastAddresses).Any(one =>
            one.Address.Equals(address));
}
