using System.Net;
using System.Net.Sockets;

namespace Opsen.Grains.Backends.Probing;

/// <summary>The endpoint serves when its port accepts a connection, whatever is spoken there.</summary>
internal sealed class TcpProbe(TimeSpan timeout, BackendNetworks networks, TimeProvider time) : IHostProbe
{
    public async Task<string?> ProbeAsync(Uri endpoint, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        try
        {
            EndPoint where = IPAddress.TryParse(endpoint.DnsSafeHost, out var address)
                ? new IPEndPoint(address, endpoint.Port) : new DnsEndPoint(endpoint.DnsSafeHost, endpoint.Port);
            using var socket = await networks.ConnectAsync(where, isAlsoRefused: null, deadline.Token);
            return null;
        }
        catch (RefusedAddressException refused)
        {
            return refused.Message;
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
