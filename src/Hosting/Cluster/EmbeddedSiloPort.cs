using System.Net;
using System.Net.Sockets;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Cluster;

/// <summary>The loopback port of a silo inside the gateway, which nobody connects to but Orleans needs.</summary>
internal static class EmbeddedSiloPort
{
    // Below the ephemeral ports (from 32768 on Linux, from 49152 on Windows): one of those can be taken between the look at it and the silo's start.
    private const int First = 10_240;
    private const int Last = 19_999;
    private const int Attempts = 1_000;

    /// <summary>A port that nothing listens on and that no listener of the gateway is going to need.</summary>
    /// <exception cref="SocketException">A thousand ports were all taken.</exception>
    public static int Find(ServerOptions options)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (port == options.Port || port == options.AdminPort)
            {
                continue;
            }

            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen();
                return port;
            }
            catch (SocketException) when (attempt < Attempts)
            {
                // Taken, or kept by the system: another one.
            }
        }
    }
}
