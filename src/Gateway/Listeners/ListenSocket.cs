using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners;

/// <summary>Makes listening sockets whose connections the system itself ends when a client takes nothing of what waits for it, or has silently gone, for
/// <c>idle_timeout_seconds</c>: no buffer of the server's fills up in that, so nothing else would notice.</summary>
internal static class ListenSocket
{
    /// <summary>IPPROTO_TCP and TCP_USER_TIMEOUT of Linux, milliseconds.</summary>
    private const int Tcp = 6, LinuxUserTimeout = 18;

    /// <summary>TCP_MAXRT of Windows, seconds.</summary>
    private const int WindowsMaxRetransmission = 5;

    /// <summary>Makes the listeners' sockets so.</summary>
    public static void Configure(SocketTransportOptions transport, ServerOptions options)
    {
        var seconds = Math.Max(options.IdleTimeoutSeconds, options.RequestTimeoutSeconds);
        transport.CreateBoundListenSocket = endpoint => Create(endpoint, seconds);
    }

    /// <summary>Accepted sockets have the listener's options.</summary>
    private static Socket Create(EndPoint endpoint, int seconds)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is IPEndPoint && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()))
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(value, OperatingSystem.IsLinux() ? seconds * 1000 : seconds);
            socket.SetRawSocketOption(Tcp, OperatingSystem.IsLinux() ? LinuxUserTimeout : WindowsMaxRetransmission, value);
        }

        return socket;
    }
}
