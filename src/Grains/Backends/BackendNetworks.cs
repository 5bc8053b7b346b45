using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Grains.Backends;

/// <summary>
/// Where backends may be (<c>allowed_backend_networks</c>). Whoever may register a host chooses what this program connects to, so addresses that are never a
/// backend's are refused unless they are allowed by name: link-local ones, among them those at which clouds hand out credentials, in every form that leads
/// there. Judged for the address that is connected to, whatever name it was looked up by.
/// </summary>
/// <param name="allowed">The networks; empty = everywhere but there.</param>
public sealed class BackendNetworks(ImmutableArray<IPNetwork> allowed)
{
    private static readonly ImmutableArray<IPNetwork> Refused =
    [
        .. new[]
        {
            // "This" host, link-local with most clouds' metadata, multicast and broadcast (RFC 6890).
            "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",

            // Metadata outside of these: Alibaba's, Azure's wire server, Oracle's.
            "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
            "::/128", "fe80::/10", "ff00::/8",

            // Metadata of Amazon and Google over IPv6.
            "fd00:ec2::254/128", "fd20:ce::254/128",

            // Link-local IPv4 inside of IPv6: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), IPv4-compatible.
            "64:ff9b::a9fe:0/112", "64:ff9b:1::a9fe:0/112", "2002:a9fe::/32", "::a9fe:0/112",
        }.Select(static range => IPNetwork.Parse(range)),
    ];

    /// <summary>Everywhere but where no backend is.</summary>
    public static BackendNetworks Usual { get; } = new([]);

    /// <summary>Whether a backend may have this address.</summary>
    public bool Allows(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

        // A scope is no part of the address.
        plain = plain is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(plain.GetAddressBytes()) : plain;
        return allowed.IsEmpty ? !Refused.Any(range => range.Contains(plain)) : allowed.Any(range => range.Contains(plain));
    }

    /// <summary>Connects to the first address of an end point that may be a backend's and takes the connection.</summary>
    /// <param name="endPoint">An address or a name.</param>
    /// <param name="isAlsoRefused">Which addresses with their ports are refused, too; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The connected socket; <see cref="Socket.NoDelay"/> is on.</returns>
    /// <exception cref="SocketException">There is no connection; of <see cref="RefusedAddressException"/> when there may be none.</exception>
    public async ValueTask<Socket> ConnectAsync(EndPoint endPoint, Predicate<IPEndPoint>? isAlsoRefused, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var (addresses, port) = endPoint switch
        {
            IPEndPoint literal => ([literal.Address], literal.Port),
            DnsEndPoint name => (await Dns.GetHostAddressesAsync(name.Host, cancellation), name.Port),
            _ => throw new NotSupportedException($"{endPoint.GetType().Name} is neither an address nor a name."),
        };
        IPAddress[] usable = [.. addresses.Where(address => Allows(address) && isAlsoRefused?.Invoke(new IPEndPoint(address, port)) != true)];
        if (usable.Length == 0)
        {
            throw addresses.Length == 0 ? new SocketException((int)SocketError.NoData) : new RefusedAddressException();
        }

        var socket = usable.Length == 1
            ? new Socket(usable[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await (usable.Length == 1 ? socket.ConnectAsync(usable[0], port, cancellation) : socket.ConnectAsync(usable, port, cancellation));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The address is not one that backends may have.</summary>
public sealed class RefusedAddressException() : SocketException((int)SocketError.AccessDenied)
{
    /// <inheritdoc/>
    public override string Message => "its address is none that backends may have (allowed_backend_networks)";
}
