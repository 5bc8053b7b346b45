using System.Net;
using Microsoft.AspNetCore.Connections;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Listeners.Addresses;

/// <summary>Takes the PROXY protocol header from the beginning of a connection and has the client's address from it. Connections without one, and those of
/// anybody but <c>trusted_proxies</c>, are closed: without it everyone could claim to be anyone.</summary>
/// <param name="next">Serves the connection.</param>
/// <param name="trusted">Who may send the header.</param>
/// <param name="patience">Bound on the header's arrival.</param>
internal sealed class ProxyProtocolMiddleware(ConnectionDelegate next, AddressSet trusted, TimeSpan patience, TimeProvider time, EdgeMetrics metrics)
{
    /// <summary>Serves the connection to its end.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        var problem = !trusted.Contains((connection.RemoteEndPoint as IPEndPoint)?.Address) ? "untrusted_proxy"
            : await TryTakeHeaderAsync(connection) ? null
            : "proxy_header";
        if (problem is null)
        {
            await next(connection);
            return;
        }

        metrics.RefusedConnection(problem);
        connection.Abort();
    }

    private async ValueTask<bool> TryTakeHeaderAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var state = ProxyHeader.Read(read.Buffer, out var length, out var source);
                if (state == ProxyHeaderState.Complete)
                {
                    input.AdvanceTo(read.Buffer.GetPosition(length));
                    connection.RemoteEndPoint = source ?? connection.RemoteEndPoint;
                    return true;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (state == ProxyHeaderState.Invalid || read.IsCompleted)
                {
                    return false;
                }
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
