using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Listeners;

/// <summary>Limits of a connection.</summary>
internal static class KestrelLimits
{
    // Kestrel's own default, 1 MiB, beside what the search for the tier keeps.
    private const long MinRequestBuffer = 1_048_576;

    /// <summary>Bytes a second of a response that waits for its client. Below any network that a person would wait for; above nothing, which is what clients
    /// read that mean harm.</summary>
    private const double LeastResponseRate = 1024;

    /// <summary>Kestrel takes no shorter grace.</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    /// <summary>Sets sizes and times as configured. Requests have no least rate: what keeps moving is never cut, and silence is bounded by
    /// <c>request_timeout_seconds</c> where the body is read. A response that its client does not take holds memory here, and is ended.</summary>
    public static void ConfigureKestrel(this KestrelServerOptions kestrel, ServerOptions options, DescriptorBudget budget)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = budget.Connections;
        limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.IdleTimeoutSeconds);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.ReadHeaderTimeoutSeconds);
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = new MinDataRate(LeastResponseRate, Longer(TimeSpan.FromSeconds(options.RequestTimeoutSeconds)));
        limits.MaxRequestBufferSize = MinRequestBuffer + options.TierPeekBytes;
    }

    private static TimeSpan Longer(TimeSpan grace) => grace > LeastGrace ? grace : LeastGrace;
}
