using System.Net;
using System.Net.Sockets;

namespace Opsen.Grains.Backends.Probing;

/// <summary>The endpoint serves when its port accepts a connection, whatever is spoken there.</summary>
internal sealed class TcpProbe(TimeSpan timeout, TimeProvider time) : IHostProbe
{
    public async Task<string?> ProbeAsync(Uri endpoint, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        try
        {
            if (!IPAddress.TryParse(endpoint.DnsSafeHost, out var address))
            {
                using var named = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await named.ConnectAsync(endpoint.DnsSafeHost, endpoint.Port, deadline.Token);
                return null;
            }

            // Nearly every host: without a look-up, and with a socket of the address' own family.
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), deadline.Token);
            return null;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "timeout";
        }
    }
}
