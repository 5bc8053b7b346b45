using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>Chooses how a request is forwarded: the protocol to the backend, and whether silences are limited.</summary>
internal sealed class ForwardingProfiles
{
    private const string GrpcType = "application/grpc";

    private readonly ForwarderRequestConfig _plain;
    private readonly ForwarderRequestConfig _tls;
    private readonly ForwarderRequestConfig _grpc;
    private readonly ForwarderRequestConfig _plainUnlimited;
    private readonly ForwarderRequestConfig _tlsUnlimited;
    private readonly ForwarderRequestConfig _plainUpgrade;
    private readonly ForwarderRequestConfig _tlsUpgrade;

    /// <summary>Prepares the profiles.</summary>
    public ForwardingProfiles(ProxySettings settings)
    {
        _plain = new() { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower, ActivityTimeout = settings.RequestTimeout };

        // In HTTP/2 the platform's client uses the request's Host as the TLS name too, and Host is the caller's to choose.
        _tls = settings.PreservesHost ? _plain : _plain with { Version = HttpVersion.Version20 };
        _grpc = _plain with { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        _plainUnlimited = _plain with { ActivityTimeout = Timeout.InfiniteTimeSpan };
        _tlsUnlimited = _tls with { ActivityTimeout = Timeout.InfiniteTimeSpan };
        _plainUpgrade = _plain with { ActivityTimeout = settings.WebSocketIdleTimeout };
        _tlsUpgrade = _tls with { ActivityTimeout = settings.WebSocketIdleTimeout };
    }

    /// <summary>Whether <c>request_timeout_seconds</c> does not apply: WebSockets, and event streams that the request asks for.</summary>
    public static bool IsUnlimited(HttpContext context) => IsUpgrade(context) || EventStreamCopier.IsEventStream(context.Request.Headers.Accept);

    /// <summary>Whether the request asks to change the protocol of the connection or the stream, as WebSockets do. An offer of HTTP/2
    /// (<c>Upgrade: h2c</c>) or of anything else that is not carried is not taken up.</summary>
    public static bool IsUpgrade(HttpContext context) =>
        (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && IsCarried(context.Request.Headers.Upgrade.ToString()))
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    /// <summary>Whether the request is gRPC: not gRPC-Web, which is made for HTTP/1.1 and may go to backends that speak nothing else.</summary>
    public static bool IsGrpc(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
        && context.Request.ContentType is { } type
        && type.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == GrpcType.Length || type[GrpcType.Length] is '+' or ';' or ' ');

    /// <summary>The profile for a request. A backend without TLS is spoken to in HTTP/1.1, except for gRPC, which needs HTTP/2.</summary>
    public ForwarderRequestConfig Choose(HttpContext context, BackendTarget target, bool isUnlimited)
    {
        if (isUnlimited && IsUpgrade(context))
        {
            return target.IsHttps ? _tlsUpgrade : _plainUpgrade;
        }

        if (isUnlimited)
        {
            return target.IsHttps ? _tlsUnlimited : _plainUnlimited;
        }

        return IsGrpc(context) ? _grpc : target.IsHttps ? _tls : _plain;
    }

    /// <summary>What the forwarder turns into a tunnel.</summary>
    private static bool IsCarried(string protocol) =>
        protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase);
}
