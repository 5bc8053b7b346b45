using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Opsen.Gateway.Listeners.Http2;

/// <summary>Lets a listener know which responses have left.</summary>
internal static class SentStreamsExtensions
{
    /// <summary>Watches a listener's connections of HTTP/2. After TLS; without it, on a listener that speaks nothing else.</summary>
    public static void UseSentStreams(this IConnectionBuilder listener) => listener.Use(static next => connection =>
        connection.Features.Get<ISslStreamFeature>() is not { } tls || tls.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
            ? WatchAsync(connection, next)
            : next(connection));

    private static async Task WatchAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var streams = new SentStreams();
        connection.Features.Set(streams);
        connection.Transport = new TransportPipes(transport.Input, new WatchedOutput(transport.Output, streams));
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    }
}
