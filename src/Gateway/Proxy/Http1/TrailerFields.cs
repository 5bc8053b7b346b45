using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Proxy.Headers;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>Which fields may stand behind a request's body (RFC 9110, section 6.5.1): none that says where a message ends, where it goes, who sent it, or what
/// the gateway says of it.</summary>
internal static class TrailerFields
{
    private static readonly FrozenSet<string> Refused = new[]
    {
        HeaderNames.TransferEncoding, HeaderNames.ContentLength, HeaderNames.ContentEncoding, HeaderNames.ContentType, HeaderNames.ContentRange,
            HeaderNames.Trailer,
        HeaderNames.Host, HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TE, HeaderNames.Upgrade, HeaderNames.Expect, HeaderNames.MaxForwards,
        HeaderNames.CacheControl, HeaderNames.Range, HeaderNames.Authorization, HeaderNames.ProxyAuthorization, HeaderNames.ProxyConnection, HeaderNames.Cookie,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a field may pass.</summary>
    public static bool MayPass(string name) => !Refused.Contains(name) && !OwnHeaders.IsOwn(name);
}
