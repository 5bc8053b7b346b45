using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// The way to all backends. HTTP/1.1 is spoken here, over connections kept for each authority, because the platform's client repeats requests by itself and cannot
/// take an answer before the upload has ended. HTTP/2 is the platform's: it repeats only what a backend has refused unprocessed.
/// </summary>
internal sealed class BackendClient : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, BackendOrigin> _origins = new(StringComparer.Ordinal);
    private readonly BackendDialer _dialer;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    /// <summary>Prepares it.</summary>
    public BackendClient(ProxySettings settings, TimeProvider time)
    {
        (_dialer, _time) = (new BackendDialer(settings), time);
        Http2 = new PromptUploadHandler(CreateHandler(settings));
        Http2Invoker = new HttpMessageInvoker(Http2, disposeHandler: false);
        _sweep = time.CreateTimer(static client => ((BackendClient)client!).Sweep(), this, SweepInterval, SweepInterval);
    }

    /// <summary>Sends requests of HTTP/2. Never buffers, follows, stores cookies or decompresses.</summary>
    public HttpMessageHandler Http2 { get; }

    private HttpMessageInvoker Http2Invoker { get; }

    /// <summary>Sends a request to its exchange's target.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, BackendExchange exchange, CancellationToken cancellation)
    {
        if (request.Version.Major > 1 && request.VersionPolicy == HttpVersionPolicy.RequestVersionExact)
        {
            return Http2Invoker.SendAsync(request, cancellation);
        }

        var origin = OriginOf(exchange.Target!, request.RequestUri!);
        return origin.IsHttps && request.Version.Major > 1
            ? NegotiateAsync(origin, request, exchange, cancellation)
            : origin.Http1.SendAsync(request, exchange, offersHttp2: false, cancellation)!;
    }

    /// <summary>A request had no answer from a backend: what is kept open to it may lead nowhere.</summary>
    public void Distrust(BackendTarget target)
    {
        if (_origins.TryGetValue(target.Prefix, out var origin))
        {
            origin.Http1.CloseIdle();
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        Http2Invoker.Dispose();
        Http2.Dispose();
        foreach (var origin in _origins.Values)
        {
            origin.Dispose();
        }
    }

    private BackendOrigin OriginOf(BackendTarget target, Uri address) =>
        _origins.TryGetValue(target.Prefix, out var known) ? known : _origins.GetOrAdd(target.Prefix, new BackendOrigin(address, _dialer, _time));

    /// <summary>The handshake decides on the protocol. What it last decided is tried first.</summary>
    private async Task<HttpResponseMessage> NegotiateAsync(BackendOrigin origin, HttpRequestMessage request, BackendExchange exchange, CancellationToken cancellation)
    {
        var version = request.VersionPolicy;
        for (var isFirst = true; ; isFirst = false)
        {
            if (!origin.SpeaksHttp2 && await origin.Http1.SendAsync(request, exchange, offersHttp2: true, cancellation) is { } answer)
            {
                return answer;
            }

            try
            {
                request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
                return await Http2Invoker.SendAsync(request, cancellation);
            }
            catch (HttpRequestException refused) when (isFirst && refused.HttpRequestError == HttpRequestError.VersionNegotiationError)
            {
                // It speaks HTTP/2 no longer; nothing has been sent.
                origin.SpeaksHttp2 = false;
                request.VersionPolicy = version;
            }
        }
    }

    private void Sweep()
    {
        foreach (var origin in _origins.Values)
        {
            origin.Http1.Sweep();
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        foreach (var origin in _origins.Values)
        {
            if (origin is { IsHttps: true, SpeaksHttp2: true } && IsSame(origin.EndPoint, context.DnsEndPoint) && origin.TakeHandedOver() is { } made)
            {
                return made;
            }
        }

        return new NetworkStream(await BackendDialer.ConnectAsync(context.DnsEndPoint, cancellation), ownsSocket: true);
    }

    private static bool IsSame(EndPoint one, DnsEndPoint other) => one switch
    {
        DnsEndPoint dns => dns.Port == other.Port && dns.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase),
        IPEndPoint ip => ip.Port == other.Port && ip.Address.ToString() == other.Host.Trim('[', ']'),
        _ => false,
    };

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "The operator asks for it with tls_insecure_skip_verify.")]
    private SocketsHttpHandler CreateHandler(ProxySettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,

            // The trace headers of clients pass as they are.
            ActivityHeadersPropagator = null,
            ConnectTimeout = settings.ConnectTimeout,
            ConnectCallback = ConnectAsync,
            PooledConnectionIdleTimeout = Http1.Http1Pool.MaxIdle,
            PooledConnectionLifetime = Http1.Http1Pool.MaxAge,

            // With the same encoding at the listener, header values pass byte for byte whatever their own encoding is.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        };
        if (settings.AcceptsAnyCertificate)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return handler;
    }
}
