using System.Net;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Finds a request's sticky id: the configured header, else (if configured) the caller's address.</summary>
internal sealed class StickyKeyResolver(ServerOptions options)
{
    private readonly string _header = options.StickyHeader;
    private readonly bool _byAddress = options.StickyByIp;

    /// <summary>Characters of an id.</summary>
    public const int MaxLength = 512;

    /// <summary>The sticky id, or null for a request without one.</summary>
    public string? Resolve(HttpContext context)
    {
        if (_header.Length > 0 && context.Request.Headers.TryGetValue(_header, out var values) && values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]))
        {
            return HeaderText.Decode(values[0]!);
        }

        return _byAddress ? Format(context.Connection.RemoteIpAddress) : null;
    }

    /// <summary>Whether an id can be a session's key. "." and ".." cannot be path segments (RFC 3986, section 5.2.4), so the API could not address
    /// them.</summary>
    public static bool IsAcceptable(string stickyId) => stickyId.Length <= MaxLength && stickyId is not ("" or "." or "..");

    private static string? Format(IPAddress? address) =>
        address is null ? null : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
