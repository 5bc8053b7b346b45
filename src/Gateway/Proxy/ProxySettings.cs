using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Proxy;

/// <summary>What the proxy takes from <c>server.yml</c>, in the units it works with, and its own fixed bounds.</summary>
internal sealed record ProxySettings
{
    /// <summary>Bound on a silence of the client while its body is read, on the time to the first byte of the backend's response, and on a
    /// silence after it. <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>Bound on a silence of both sides of a WebSocket. <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public TimeSpan WebSocketIdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Bound on connecting to a backend, TLS included. Short, because another host is tried after it.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How long a client may be silent while its body is searched for the tier; after that the search is given up.</summary>
    public TimeSpan PeekPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How much of a body is searched for the tier, bytes.</summary>
    public required int TierPeekBytes { get; init; }

    /// <summary>JSON field and query parameter with the tier.</summary>
    public required string TierFieldName { get; init; }

    /// <summary>Header with the tier.</summary>
    public required string TierHeader { get; init; }

    /// <summary>Flush interval of event streams: <see cref="Timeout.InfiniteTimeSpan"/> never by force, zero at once.</summary>
    public required TimeSpan EventStreamFlush { get; init; }

    /// <summary>Accept any certificate of a backend.</summary>
    public required bool AcceptsAnyCertificate { get; init; }

    /// <summary>Whether a backend sees the Host that the caller sent.</summary>
    public required bool PreservesHost { get; init; }

    /// <summary>Tell the user in the response's headers how the request was routed.</summary>
    public required bool ExposesRouting { get; init; }

    /// <summary>Whether every response has the security headers, the gateway's own ones too.</summary>
    public required bool SetsSecurityHeaders { get; init; }

    /// <summary>Whether requests have an entry in the access log.</summary>
    public bool LogsAccess { get; init; }

    /// <summary>Reads the configuration.</summary>
    public static ProxySettings From(ServerOptions options) => new()
    {
        RequestTimeout = options.RequestTimeoutSeconds > 0 ? TimeSpan.FromSeconds(options.RequestTimeoutSeconds) : Timeout.InfiniteTimeSpan,
        WebSocketIdleTimeout = options.WebsocketIdleTimeoutSeconds > 0 ? TimeSpan.FromSeconds(options.WebsocketIdleTimeoutSeconds) : Timeout.InfiniteTimeSpan,
        ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
        PreservesHost = options.BackendHost == BackendHost.Preserve,
        SetsSecurityHeaders = !options.DisableSecurityHeaders,
        LogsAccess = options.AccessLog.Length > 0,
        ExposesRouting = options.ExposeRoutingHeaders,
        TierPeekBytes = options.TierPeekBytes,
        TierFieldName = options.TierFieldName,
        TierHeader = options.TierHeader,
        AcceptsAnyCertificate = options.TlsInsecureSkipVerify,
        EventStreamFlush = options.ProxySseFlushIntervalMs switch
        {
            < 0 => TimeSpan.Zero,
            0 => Timeout.InfiniteTimeSpan,
            var milliseconds => TimeSpan.FromMilliseconds(milliseconds),
        },
    };
}
