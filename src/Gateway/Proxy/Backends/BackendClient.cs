using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Opsen.Gateway.Proxy.Http1;
using Opsen.Gateway.Proxy.Http2;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>
/// Sends requests to backends. HTTP/1.1 is our own, over pooled connections, because the platform's client retries requests by itself and
/// cannot take a response before the upload has ended. HTTP/2 is the platform's: it repeats only what a backend has refused unprocessed.
/// </summary>
internal sealed class BackendClient : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, BackendOrigin> _origins = new(StringComparer.Ordinal);
    private readonly BackendDialer _dialer;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly ConcurrentDictionary<WatchedStream, bool> _watched = new();
    private readonly ITimer _watch;
    private int _isWatching;

    /// <summary>Prepares it.</summary>
    public BackendClient(ProxySettings settings, BackendDialer dialer, TimeProvider time)
    {
        (_dialer, _time) = (dialer, time);
        Http2Handler = new PromptUploadHandler(CreateHandler(settings));
        Http2Invoker = new HttpMessageInvoker(Http2Handler, disposeHandler: false);
        _watch = time.CreateTimer(static client => _ = ((BackendClient)client!).WatchAsync(), this, WatchInterval, WatchInterval);
        _sweep = time.CreateTimer(static client => ((BackendClient)client!).Sweep(), this, SweepInterval, SweepInterval);
    }

    /// <summary>Sends requests of HTTP/2. Never buffers, follows, stores cookies or decompresses.</summary>
    public HttpMessageHandler Http2Handler { get; }

    private HttpMessageInvoker Http2Invoker { get; }

    /// <summary>Sends a request to its exchange's target.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, BackendExchange exchange, CancellationToken cancellation)
    {
        if (request.Version.Major > 1 && request.VersionPolicy == HttpVersionPolicy.RequestVersionExact)
        {
            return Http2Invoker.SendAsync(request, cancellation);
        }

        var origin = OriginOf(exchange.Target!);
        return origin.IsHttps && request.Version.Major > 1
            ? NegotiateAsync(origin, request, exchange, cancellation)
            : Http1Exchange.SendAsync(origin.Http1, request, exchange, offersHttp2: false, cancellation)!;
    }

    /// <summary>A request timed out: pooled connections to the backend may be dead, so close the idle ones.</summary>
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
        _watch.Dispose();
        Http2Invoker.Dispose();
        Http2Handler.Dispose();
        foreach (var origin in _origins.Values)
        {
            origin.Dispose();
        }
    }

    private BackendOrigin OriginOf(BackendTarget target) =>
        _origins.TryGetValue(target.Prefix, out var known) ? known : _origins.GetOrAdd(target.Prefix, new BackendOrigin(target.Root, _dialer, _time));

    /// <summary>The handshake decides on the protocol. What it last decided is tried first.</summary>
    private async Task<HttpResponseMessage> NegotiateAsync(BackendOrigin origin, HttpRequestMessage request, BackendExchange exchange,
        CancellationToken cancellation)
    {
        var version = request.VersionPolicy;
        for (var isFirst = true; ; isFirst = false)
        {
            if (!origin.SpeaksHttp2 && await Http1Exchange.SendAsync(origin.Http1, request, exchange, offersHttp2: true, cancellation) is { } answer)
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

    private async Task WatchAsync()
    {
        if (_watched.IsEmpty || Interlocked.Exchange(ref _isWatching, 1) == 1)
        {
            return;
        }

        foreach (var (connection, _) in _watched)
        {
            await connection.CheckAsync();
        }

        Volatile.Write(ref _isWatching, 0);
    }

    private WatchedStream Watch(Stream connection)
    {
        var watched = new WatchedStream(connection, _time, gone => _watched.TryRemove(gone, out _));
        _watched.TryAdd(watched, true);
        return watched;
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

        var isHttps = context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps;
        return (await _dialer.ConnectAsync(context.DnsEndPoint, isHttps ? context.DnsEndPoint.Host : null, offersHttp2: true, cancellation)).Stream;
    }

    private static bool IsSame(EndPoint one, DnsEndPoint other) => one switch
    {
        DnsEndPoint dns => dns.Port == other.Port && dns.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase),
        IPEndPoint ip => ip.Port == other.Port && ip.Address.ToString() == other.Host.Trim('[', ']'),
        _ => false,
    };

    private SocketsHttpHandler CreateHandler(ProxySettings settings)
    {
        return new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,

            // Callers' trace headers pass unchanged.
            ActivityHeadersPropagator = null,
            ConnectTimeout = settings.ConnectTimeout,
            ConnectCallback = ConnectAsync,
            PlaintextStreamFilter = (context, _) => new(context.NegotiatedHttpVersion.Major > 1 ? Watch(context.PlaintextStream) : context.PlaintextStream),
            PooledConnectionIdleTimeout = Http1Pool.MaxIdle,
            PooledConnectionLifetime = Http1Pool.MaxAge,

            // With the same encoding at the listener, header values pass byte for byte whatever their own encoding is.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        };
    }
}
