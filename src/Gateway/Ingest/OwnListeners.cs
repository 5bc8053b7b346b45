using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Ingest;

/// <summary>The addresses at which this gateway itself listens, which no host may register. A DNS name that leads here is not resolved: the <c>Via</c>
/// header reveals the loop.</summary>
internal sealed class OwnListeners(ServerOptions options)
{
    /// <summary>Whether a URL is one of them, without resolving names.</summary>
    public bool Contains(Uri url) =>
        Find(url) is { } address
            && ((url.Port == options.Port && Covers(options.Host, address)) || (url.Port == options.AdminPort && Covers(options.AdminHost, address)));

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
