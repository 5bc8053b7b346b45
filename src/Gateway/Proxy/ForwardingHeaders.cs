using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Writes the headers that tell a backend what the proxy knows: <c>X-LB-Client-ID</c>, <c>X-LB-Hostname</c> and
/// <c>X-Forwarded-For/-Proto/-Host</c>. What a client sent under these names is replaced, unless it came from a trusted proxy:
/// then the connection's address is appended to its list, and its scheme and host stay.
/// </summary>
/// <remarks>
/// Whether the connection comes from a trusted proxy was decided before: only then does the client's address differ from the
/// connection's own. The Host header names the backend, as with the reference; the client's is in <c>X-Forwarded-Host</c>.
/// </remarks>
internal static class ForwardingHeaders
{
    private const string ClientId = "X-LB-Client-ID";
    private const string Hostname = "X-LB-Hostname";
    private const string For = ForwardedClientMiddleware.ForwardedFor;
    private const string Proto = ForwardedClientMiddleware.ForwardedProto;
    private const string Host = "X-Forwarded-Host";

    /// <summary>Writes them to an outgoing request that has a copy of the client's headers.</summary>
    public static void Write(HttpContext context, HttpRequestHeaders outgoing, string clientId, string hostname)
    {
        var client = Normalize(context.Connection.RemoteIpAddress);
        var peer = Normalize(FindPeer(context)) ?? client;
        var isVouchedFor = client is not null && !client.Equals(peer);
        var incoming = context.Request.Headers;

        outgoing.Host = null;
        Set(outgoing, incoming, ClientId, WireText.Printable(clientId));
        Set(outgoing, incoming, Hostname, WireText.Printable(hostname));
        Set(outgoing, incoming, For, isVouchedFor ? $"{(incoming.TryGetValue(For, out var list) ? list.ToString() : client!.ToString())}, {peer}" : peer?.ToString());
        Set(outgoing, incoming, Proto, (isVouchedFor ? NonEmpty(incoming[Proto]) : null) ?? context.Request.Scheme);
        Set(outgoing, incoming, Host, (isVouchedFor ? NonEmpty(incoming[Host]) : null) ?? context.Request.Host.Value);
    }

    /// <summary>The connection's own address, whatever the connection is said to come from.</summary>
    private static IPAddress? FindPeer(HttpContext context)
    {
        try
        {
            return (context.Features.Get<IConnectionSocketFeature>()?.Socket.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private static string? NonEmpty(string? received) => received is { Length: > 0 } ? received : null;

    private static void Set(HttpRequestHeaders outgoing, IHeaderDictionary incoming, string name, string? value)
    {
        // Nothing else can have put it there, and to remove what is not there costs more than to look here.
        if (incoming.ContainsKey(name))
        {
            outgoing.Remove(name);
        }

        if (!string.IsNullOrEmpty(value))
        {
            outgoing.TryAddWithoutValidation(name, value);
        }
    }

    private static IPAddress? Normalize(IPAddress? address) => address is null ? null : AddressText.Normalize(address);
}
