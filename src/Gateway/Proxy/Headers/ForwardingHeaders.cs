using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Security;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>
/// Writes the headers that tell a backend what the proxy knows: <c>X-LB-Client-ID</c>, <c>X-LB-Hostname</c>, <c>X-LB-GPU-IDs</c>, <c>Via</c> and
/// <c>X-Forwarded-For/-Proto/-Host</c>. What a client sent under these names is replaced, unless the connection comes from a trusted proxy: then its address
/// is appended to the list, and scheme and host stay as that proxy says.
/// </summary>
internal sealed class ForwardingHeaders(ProxySettings settings, Loops loops, ApiKeys keys)
{
    /// <summary>Writes them to an outgoing request that has a copy of the client's headers.</summary>
    public void Write(HttpContext context, HttpRequestMessage request, RouteResult route)
    {
        var (outgoing, incoming, host) = (request.Headers, context.Request.Headers, route.Host!);
        var proxy = context.Features.Get<TrustedProxy>();
        if (!settings.PreservesHost || !context.Request.Host.HasValue)
        {
            outgoing.Host = null;
        }

        Set(outgoing, incoming, OwnHeaders.ClientId, WireText.Encode(host.ClientId));
        Set(outgoing, incoming, OwnHeaders.Hostname, WireText.Encode(host.Registration.Hostname));
        Set(outgoing, incoming, OwnHeaders.GpuIds, route.GpuIds.IsDefaultOrEmpty ? null
            : string.Join(',', route.GpuIds.Select(static id => id.ToString(CultureInfo.InvariantCulture))));
        Set(outgoing, incoming, OwnHeaders.ForwardedFor, proxy is null ? Format(context.Connection.RemoteIpAddress) : Extend(incoming, context, proxy));
        Set(outgoing, incoming, OwnHeaders.ForwardedProto, (proxy is null ? null : NonEmpty(incoming[OwnHeaders.ForwardedProto])) ?? context.Request.Scheme);
        Set(outgoing, incoming, OwnHeaders.ForwardedHost, (proxy is null ? null : NonEmpty(incoming[OwnHeaders.ForwardedHost])) ?? context.Request.Host.Value);
        if (proxy is null)
        {
            OwnHeaders.RemoveHearsay(incoming, outgoing);
        }

        if (incoming.TryGetValue(ApiKeyMiddleware.Header, out var key) && keys.Find(key.ToString()) is not null)
        {
            // A key of this gateway is not for its backends. Theirs of the same name passes.
            outgoing.Remove(ApiKeyMiddleware.Header);
        }

        loops.Mark(context.Request, request);
    }

    /// <summary>The list as the proxy sent it, else the one address that it names, and the proxy's own.</summary>
    private static string Extend(IHeaderDictionary incoming, HttpContext context, TrustedProxy proxy)
    {
        var list = incoming[OwnHeaders.ForwardedFor].ToString();
        if (list.Length == 0 && context.Connection.RemoteIpAddress is { } client && !client.Equals(proxy.Address))
        {
            list = Format(client)!;
        }

        var address = Format(proxy.Address);
        return list.Length == 0 ? address! : $"{list}, {address}";
    }

    private static string? NonEmpty(string? received) => received is { Length: > 0 } ? received : null;

    private static void Set(HttpRequestHeaders outgoing, IHeaderDictionary incoming, string name, string? value)
    {
        // Checked first, because removing an absent header costs more than this look-up.
        if (incoming.ContainsKey(name))
        {
            outgoing.Remove(name);
        }

        if (!string.IsNullOrEmpty(value))
        {
            outgoing.TryAddWithoutValidation(name, value);
        }
    }

    private static string? Format(IPAddress? address) => address is null ? null : AddressText.Normalize(address).ToString();
}
