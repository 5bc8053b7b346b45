using System.Net;
using System.Net.Sockets;

namespace Opsen.Agent.Network;

/// <summary>Finds this host's own address.</summary>
internal static class LocalAddress
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The address from which this host reaches <paramref name="server"/>: the one in the network that both share, whatever other interfaces there are. Of
    /// several addresses of the server the first that accepts a connection counts: "localhost" is ::1 too, where often nobody listens. When none does, the
    /// first to which there is a route.
    /// </summary>
    /// <returns>Null when the server's name or network is not known at present.</returns>
    public static async Task<LocalRoute?> TowardsAsync(Uri server, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(server.DnsSafeHost, cancellationToken);
            return await TowardsAsync([.. addresses.Select(address => new IPEndPoint(address, server.Port))], cancellationToken);
        }
        catch (SocketException)
        {
            // The name is not known now. The call that follows fails for the same reason and tells it.
            return null;
        }
    }

    /// <summary>The same for a server whose addresses are known.</summary>
    public static async Task<LocalRoute?> TowardsAsync(IReadOnlyList<IPEndPoint> servers, CancellationToken cancellationToken)
    {
        foreach (var server in servers.Count > 1 ? servers : [])
        {
            if (await AcceptsAsync(server, cancellationToken))
            {
                return RouteTo(server);
            }
        }

        return servers.Select(RouteTo).FirstOrDefault(static route => route is not null);
    }

    /// <summary>The address from which the system would send to <paramref name="server"/>; null when there is no route, or only one in a link. Connecting a UDP
    /// socket chooses the route and sends nothing.</summary>
    public static LocalRoute? RouteTo(IPEndPoint server)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;

            // An address in a link means nothing without the link, whose number is another one on every host.
            return local.IsIPv6LinkLocal ? null : new LocalRoute(local, server);
        }
        catch (SocketException)
        {
            // No route to this one of the server's addresses: another may have one.
            return null;
        }
    }

    /// <summary>Whether an address can be reached from everywhere: none of the private, shared, local and special ranges of RFC 6890.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return (bytes[0] & 0xE0) == 0x20 && !(bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8);
        }

        return bytes switch
        {
            [0 or 10 or 127 or >= 224, ..] => false,
            [100, >= 64 and <= 127, ..] => false,
            [169, 254, ..] => false,
            [172, >= 16 and <= 31, ..] => false,
            [192, 168, ..] or [192, 0, 0 or 2, ..] => false,
            [198, 18 or 19, ..] or [198, 51, 100, ..] or [203, 0, 113, ..] => false,
            _ => true,
        };
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConnectPatience);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server, deadline.Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}

/// <summary>How this host reaches a server.</summary>
/// <param name="Local">This host's address on the way.</param>
/// <param name="Server">The server's.</param>
internal sealed record LocalRoute(IPAddress Local, IPEndPoint Server);
