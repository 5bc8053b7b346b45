using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners;

/// <summary>Limits of a connection.</summary>
internal static class KestrelLimits
{
    // Kestrel's own default, 1 MiB, beside what the search for the tier keeps.
    private const long MinRequestBuffer = 1_048_576;

    /// <summary>Sets sizes and times as configured. Bodies have no least rate: what keeps moving is never cut, and silence is bounded by
    /// <c>request_timeout_seconds</c> where the body is read and written.</summary>
    public static void ConfigureKestrel(this KestrelServerOptions kestrel, ServerOptions options, DescriptorBudget budget)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = budget.Connections;
        limits.MaxRequestHeaderCount = options.MaxRequestHeaders;
        limits.MaxRequestHeadersTotalSize = options.MaxRequestHeaderBytes;
        limits.Http2.MaxRequestHeaderFieldSize = options.MaxRequestHeaderBytes;
        limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.IdleTimeoutSeconds);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.ReadHeaderTimeoutSeconds);
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestBufferSize = MinRequestBuffer + options.TierPeekBytes;
    }
}
