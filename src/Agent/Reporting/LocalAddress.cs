using System.Net;
using System.Net.Sockets;

namespace Opsen.Agent.Reporting;

/// <summary>Finds this host's own address.</summary>
internal static class LocalAddress
{
    /// <summary>
    /// The address from which the system would send to <paramref name="server"/>: the one in the network that both share, whatever other interfaces there
    /// are. Connecting a UDP socket chooses the route and sends nothing.
    /// </summary>
    /// <returns>Null when the server's name or network is not known at present.</returns>
    public static async Task<IPAddress?> TowardsAsync(Uri server, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var address in await Dns.GetHostAddressesAsync(server.DnsSafeHost, cancellationToken))
            {
                if (FromRouteTo(new IPEndPoint(address, server.Port)) is { } local)
                {
                    return local;
                }
            }
        }
        catch (SocketException)
        {
            // The name is not known now. The call that follows fails for the same reason and tells it.
        }

        return null;
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

    private static IPAddress? FromRouteTo(IPEndPoint server)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return local.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(local.GetAddressBytes()) : local;
        }
        catch (SocketException)
        {
            // No route to this one of the server's addresses: another may have one.
            return null;
        }
    }
}
