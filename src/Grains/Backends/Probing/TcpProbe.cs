using System.Net.Sockets;

namespace Opsen.Grains.Backends.Probing;

/// <summary>The endpoint serves when its port accepts a connection.</summary>
internal sealed class TcpProbe(TimeSpan timeout, TimeProvider time) : IHostProbe
{
    public async Task<string?> ProbeAsync(Uri endpoint, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.DnsSafeHost, endpoint.Port, linked.Token);
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
