using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Opsen.Gateway.Listeners.PlainHttp2;

/// <summary>
/// A transport whose connections come from another listener of the same server. Kestrel decides on one protocol for each plain listener, so
/// connections that turn out to speak HTTP/2 move to a listener that speaks nothing else, with the address of their client.
/// </summary>
internal sealed class HandoverListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Channel<ConnectionContext> _handedOver = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>Whether the endpoint is the one for handed over connections.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(endpoint, _handedOver));

    /// <summary>Has the other listener serve the connection, and returns when it is over. The server may be stopping: then the connection ends.</summary>
    public Task ServeAsync(ConnectionContext connection)
    {
        var handedOver = new HandedOverConnection(connection);
        if (_handedOver.Writer.TryWrite(handedOver))
        {
            return handedOver.Ended;
        }

        connection.Abort();
        return Task.CompletedTask;
    }

    private sealed class Listener(EndPoint endpoint, Channel<ConnectionContext> handedOver) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Whoever accepts a connection disposes of it.")]
        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await handedOver.Reader.WaitToReadAsync(cancellationToken))
            {
                if (handedOver.Reader.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            handedOver.Writer.TryComplete();
            return default;
        }

        public async ValueTask DisposeAsync()
        {
            handedOver.Writer.TryComplete();
            while (handedOver.Reader.TryRead(out var connection))
            {
                await connection.DisposeAsync();
            }
        }
    }
}

/// <summary>Where handed over connections arrive; no address of a network.</summary>
internal sealed class HandoverEndPoint : EndPoint
{
    /// <summary>How it is shown among the server's addresses.</summary>
    public const string Name = "h2c";

    /// <inheritdoc/>
    public override string ToString() => Name;
}
