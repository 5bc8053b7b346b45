using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Listeners;
using Opsen.Grains.Backends;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>Makes connections to backends.</summary>
internal sealed class BackendDialer(ProxySettings settings, BackendNetworks networks, OwnListeners own, DescriptorBudget budget)
{
    private const int KeepAliveSeconds = 10, KeepAliveRetrySeconds = 2, KeepAliveRetries = 3;

    private static readonly List<SslApplicationProtocol> Http1Only = [SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> Both = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>Connects, TLS included.</summary>
    /// <param name="origin">Where to.</param>
    /// <param name="offersHttp2">Whether HTTP/2 is offered to a backend with TLS.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The socket, and the stream over it.</returns>
    /// <exception cref="HttpRequestException">There is no connection.</exception>
    public async ValueTask<(Socket Socket, Stream Stream)> ConnectAsync(BackendOrigin origin, bool offersHttp2, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(settings.ConnectTimeout);
        try
        {
            return await ConnectAsync(origin.EndPoint, origin.IsHttps ? origin.Host : null, offersHttp2, limit.Token);
        }
        catch (Exception failed)
        {
            cancellation.ThrowIfCancellationRequested();
            throw failed switch
            {
                OperationCanceledException => new HttpRequestException(HttpRequestError.ConnectionError, "Connecting timed out.", new TimeoutException()),
                SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                    new HttpRequestException(HttpRequestError.NameResolutionError, failed.Message, failed),
                AuthenticationException or IOException => new HttpRequestException(HttpRequestError.SecureConnectionError, failed.Message, failed),
                SocketException => new HttpRequestException(HttpRequestError.ConnectionError, failed.Message, failed),
                _ => failed,
            };
        }
    }

    /// <summary>Connects, with TLS where a name for it is given: that of the endpoint, whatever host the request names.</summary>
    /// <exception cref="SocketException">There is no connection.</exception>
    /// <exception cref="AuthenticationException">There is no TLS, or its certificate is not good.</exception>
    /// <exception cref="IOException">The connection broke in the handshake.</exception>
    public async ValueTask<(Socket Socket, Stream Stream)> ConnectAsync(EndPoint endPoint, string? tlsName, bool offersHttp2, CancellationToken cancellation)
    {
        var socket = await ConnectWithinBudgetAsync(endPoint, cancellation);
        var stream = new BackendStream(socket, budget);
        if (tlsName is null)
        {
            return (socket, stream);
        }

        var encrypted = new SslStream(stream);
        try
        {
            await encrypted.AuthenticateAsClientAsync(Tls(tlsName, offersHttp2), cancellation);
            return (socket, encrypted);
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    private async ValueTask<Socket> ConnectWithinBudgetAsync(EndPoint endPoint, CancellationToken cancellation)
    {
        if (!budget.TryTake())
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        try
        {
            return await ConnectAsync(endPoint, cancellation);
        }
        catch
        {
            budget.Return();
            throw;
        }
    }

    private async ValueTask<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellation)
    {
        var socket = await networks.ConnectAsync(endPoint, own.Contains, cancellation);
        try
        {
            // A peer that is silently gone is found out within some 16 s of silence.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveRetrySeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetries);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "The operator asks for it with tls_insecure_skip_verify.")]
    private SslClientAuthenticationOptions Tls(string host, bool offersHttp2) => new()
    {
        TargetHost = host,
        ApplicationProtocols = offersHttp2 ? Both : Http1Only,
        RemoteCertificateValidationCallback = settings.AcceptsAnyCertificate ? static (_, _, _, _) => true : null,
    };
}
