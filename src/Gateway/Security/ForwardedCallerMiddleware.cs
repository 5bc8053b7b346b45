using System.Net;
using Microsoft.Extensions.Primitives;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Finds the caller behind trusted proxies: the rightmost address of <c>X-Forwarded-For</c> that is no trusted proxy, else
/// <c>X-Real-IP</c>. From anyone else these headers mean nothing. ASP.NET Core's own middleware does not know <c>X-Real-IP</c> and rewrites
/// headers that a proxied request must keep.</summary>
internal sealed class ForwardedCallerMiddleware(RequestDelegate next, AddressSet trusted)
{
    /// <summary>The header with the chain of addresses.</summary>
    public const string ForwardedFor = "X-Forwarded-For";

    /// <summary>The header with one address.</summary>
    public const string RealIp = "X-Real-IP";

    /// <summary>The header with the scheme that the caller used.</summary>
    public const string ForwardedProto = "X-Forwarded-Proto";

    /// <summary>Runs the request with the caller's own address and scheme.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is { } peer && trusted.Contains(peer))
        {
            context.Features.Set(new TrustedProxy(peer));
            var headers = context.Request.Headers;
            var chain = headers[ForwardedFor];
            if ((HasEntry(chain) ? FindClient(chain, trusted) : AddressText.ParseWithPort(headers[RealIp].ToString())) is { } client)
            {
                context.Connection.RemoteIpAddress = client;
                context.Connection.RemotePort = 0;
            }

            if (FindScheme(headers[ForwardedProto]) is { } scheme)
            {
                context.Request.Scheme = scheme;
            }
        }

        return next(context);
    }

    /// <summary>Whether there is a chain, readable or not: only without one the other header counts, which the nearest proxy may have passed on.</summary>
    private static bool HasEntry(StringValues chain) => chain.Any(static line => line.AsSpan().ContainsAnyExcept(", \t"));

    /// <summary>Walks the chain from the right while a trusted proxy vouches for the next entry; empty elements are skipped (RFC 9110, section 5.6.1.2).
    /// Null without a chain, or if its last entry is no address.</summary>
    internal static IPAddress? FindClient(StringValues chain, AddressSet trusted)
    {
        IPAddress? client = null;
        for (var i = chain.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<char> rest = chain[i];
            while (!rest.IsEmpty)
            {
                var comma = rest.LastIndexOf(',');
                var entry = rest[(comma + 1)..].Trim();
                rest = comma < 0 ? [] : rest[..comma];
                if (entry.IsEmpty)
                {
                    continue;
                }

                if (AddressText.ParseWithPort(entry) is not { } address)
                {
                    return client;
                }

                client = address;
                if (!trusted.Contains(address))
                {
                    return client;
                }
            }
        }

        return client;
    }

    /// <summary>The scheme as the nearest proxy reports it.</summary>
    private static string? FindScheme(StringValues values)
    {
        ReadOnlySpan<char> last = values.Count == 0 ? [] : values[^1];
        last = last[(last.LastIndexOf(',') + 1)..].Trim();
        return last.Equals("https", StringComparison.OrdinalIgnoreCase) ? Uri.UriSchemeHttps
            : last.Equals("http", StringComparison.OrdinalIgnoreCase) ? Uri.UriSchemeHttp
            : null;
    }
}
