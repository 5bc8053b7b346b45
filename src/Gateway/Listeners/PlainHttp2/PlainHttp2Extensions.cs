using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Gateway.Listeners.HalfOpen;
using Opsen.Gateway.Listeners.Http1;
using Opsen.Gateway.Listeners.Http2;

namespace Opsen.Gateway.Listeners.PlainHttp2;

/// <summary>Lets a listener without TLS speak HTTP/2 beside HTTP/1.1, for clients that know so before (h2c with prior knowledge).</summary>
internal static class PlainHttp2Extensions
{
    /// <summary>Registers the transport that <see cref="ListenPlain"/> needs.</summary>
    public static IServiceCollection AddPlainHttp2(this IServiceCollection services) => services
        .AddSingleton<HandoverListenerFactory>()
        .AddSingleton<IConnectionListenerFactory>(static provider => provider.GetRequiredService<HandoverListenerFactory>());

    /// <summary>Opens a plain port for both protocols; at most one in a server.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="address">The port's address.</param>
    /// <param name="port">The port.</param>
    /// <param name="first">What connections pass before their protocol is known.</param>
    public static void ListenPlain(this KestrelServerOptions kestrel, IPAddress address, int port, Action<IConnectionBuilder>? first = null)
    {
        var services = kestrel.ApplicationServices;
        var handover = services.GetRequiredService<HandoverListenerFactory>();
        var time = services.GetRequiredService<TimeProvider>();
        kestrel.Listen(new HandoverEndPoint(), static listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            listener.UseSentStreams();
        });
        kestrel.Listen(address, port, listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            listener.UseHalfOpen();
            first?.Invoke(listener);
            listener.Use(next => new PrefaceMiddleware(next, handover, kestrel.Limits, time).OnConnectionAsync).UseStrictHttp1();
        });
    }

    /// <summary>Whether one of the server's addresses is a place of its own and no address of a network.</summary>
    public static bool IsHandover(string address) => address.EndsWith("://" + HandoverEndPoint.Name, StringComparison.Ordinal);
}
