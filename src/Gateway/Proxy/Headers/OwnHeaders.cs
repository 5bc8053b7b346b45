using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>
/// The headers that are the gateway's to write into a request. A client's own of such a name never passes for the gateway's, also not one that differs by
/// "_" only: CGI and WSGI make the same variable of both (RFC 3875, section 4.1.18).
/// </summary>
internal static class OwnHeaders
{
    /// <summary>The id of the host chosen.</summary>
    public const string ClientId = "X-LB-Client-ID";

    /// <summary>Its name.</summary>
    public const string Hostname = "X-LB-Hostname";

    /// <summary>The cards that the reservation holds.</summary>
    public const string GpuIds = "X-LB-GPU-IDs";

    /// <summary>The client's address, behind those that a trusted proxy named.</summary>
    public const string ForwardedFor = ForwardedCallerMiddleware.ForwardedFor;

    /// <summary>The scheme that the client used.</summary>
    public const string ForwardedProto = ForwardedCallerMiddleware.ForwardedProto;

    /// <summary>The host that the client asked.</summary>
    public const string ForwardedHost = "X-Forwarded-Host";

    /// <summary>What only a proxy may say of the client, and this gateway does not write: from anyone else it is hearsay.</summary>
    private static readonly string[] Hearsay = [ForwardedCallerMiddleware.RealIp, "Forwarded", "X-Forwarded-Port", "X-Forwarded-Prefix"];

    private static readonly FrozenSet<string> Names =
        new[] { ClientId, Hostname, GpuIds, ForwardedFor, ForwardedProto, ForwardedHost, HeaderNames.Via }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What else a backend must not take from a name with "_".</summary>
    private static readonly FrozenSet<string> NeverImitated =
        Names.Concat(Hearsay).Concat([HeaderNames.ContentLength, HeaderNames.TransferEncoding, HeaderNames.Host]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a name is one of them, written with "-" or "_".</summary>
    public static bool IsOwn(string name) => Names.Contains(name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name);

    /// <summary>Removes what a client that is no trusted proxy says of itself. Backends believe it, because a proxy is in front of them.</summary>
    public static void RemoveHearsay(IHeaderDictionary incoming, HttpRequestHeaders outgoing)
    {
        foreach (var name in Hearsay)
        {
            if (incoming.ContainsKey(name))
            {
                outgoing.Remove(name);
            }
        }
    }

    /// <summary>Removes what looks like one of them, or like a field that says where a body ends, before they are written.</summary>
    public static void RemoveImitations(HttpRequestHeaders outgoing)
    {
        List<string>? imitations = null;
        foreach (var (name, _) in outgoing.NonValidated)
        {
            if (name.Contains('_', StringComparison.Ordinal) && NeverImitated.Contains(name.Replace('_', '-')))
            {
                (imitations ??= []).Add(name);
            }
        }

        foreach (var imitation in imitations ?? [])
        {
            outgoing.Remove(imitation);
        }
    }
}
