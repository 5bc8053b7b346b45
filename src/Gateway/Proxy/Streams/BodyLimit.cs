using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>
/// The limit on a proxied request's body (<c>max_request_body_bytes</c>). The proxy takes it over from the server: where the server itself
/// finds a body too large it closes the connection, and a client that writes first and reads then sees a reset instead of the 413.
/// Without its own limit it reads away, for at most five seconds, what the client is still sending.
/// </summary>
internal static class BodyLimit
{
    /// <summary>The limit in bytes that the proxy has to see to; null for none. For gRPC there is none, as in ASP.NET Core's own gRPC
    /// server: its streams have no end that could be counted to.</summary>
    public static long? Apply(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false, MaxRequestBodySize: { } limit } feature)
        {
            return null;
        }

        feature.MaxRequestBodySize = null;
        return ForwardingProfiles.IsGrpc(context) ? null : limit;
    }

    /// <summary>Refuses a body of which more than the limit has come.</summary>
    /// <exception cref="BadHttpRequestException">It has (413).</exception>
    public static void Check(long bytes, long? limit)
    {
        if (bytes > limit)
        {
            throw new BadHttpRequestException($"The body is larger than {limit} bytes.", StatusCodes.Status413PayloadTooLarge);
        }
    }
}
