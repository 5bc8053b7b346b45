using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Listeners.HalfOpen;
using Opsen.Gateway.Proxy.Http1;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>
/// A connection that has left HTTP, as WebSockets do. Its directions end one by one: when the client has sent everything the backend hears of it, and what
/// the backend still sends reaches the client for as long as it keeps moving.
/// </summary>
/// <remarks>
/// A WebSocket ends with a close frame from each side, after which the server closes the connection (RFC 6455, section 7.1.1). Browsers end their half of an
/// HTTP/2 stream together with their close frame, and many servers, Kestrel among them, take the end of a connection's half for its loss and drop the frame
/// they are about to send. So a WebSocket's backend has <see cref="CloseGrace"/> to close before it hears that the client has ended.
/// </remarks>
internal sealed class Tunnel(HttpContext context, TunnelStream backend, TimeSpan patience) : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(5);

    private readonly IHttpUpgradeFeature? _upgrade = context.Features.Get<IHttpUpgradeFeature>();
    private readonly IHttpExtendedConnectFeature? _connect = context.Features.Get<IHttpExtendedConnectFeature>();

    /// <inheritdoc/>
    public bool IsUpgradableRequest => _upgrade?.IsUpgradableRequest == true;

    /// <inheritdoc/>
    public bool IsExtendedConnect => _connect?.IsExtendedConnect == true;

    /// <inheritdoc/>
    public string? Protocol => _connect?.Protocol;

    /// <summary>Makes the response's connection a tunnel, if that is what it is.</summary>
    public static void Prepare(HttpContext context, HttpResponseMessage answer, ProxySettings settings)
    {
        if (answer.Content is not ResponseContent { Tunnel: { } backend })
        {
            return;
        }

        var tunnel = new Tunnel(context, backend, settings.RequestTimeout);
        if (tunnel.IsExtendedConnect)
        {
            context.Features.Set<IHttpExtendedConnectFeature>(tunnel);
        }
        else
        {
            context.Features.Get<IHalfOpenFeature>()?.Keep();
            context.Features.Set<IHttpUpgradeFeature>(tunnel);
        }
    }

    private TimeSpan Grace =>
        "websocket".Equals(Protocol ?? context.Request.Headers.Upgrade.ToString(), StringComparison.OrdinalIgnoreCase) ? CloseGrace : TimeSpan.Zero;

    /// <inheritdoc/>
    public async Task<Stream> UpgradeAsync() => new ClientStream(await _upgrade!.UpgradeAsync(), backend, patience, Grace);

    /// <inheritdoc/>
    public async ValueTask<Stream> AcceptAsync() => new ClientStream(await _connect!.AcceptAsync(), backend, patience, Grace);

    /// <summary>The client's side.</summary>
    private sealed class ClientStream(Stream client, TunnelStream backend, TimeSpan patience, TimeSpan grace) : WriteOnlyStream(client)
    {
        private Timer? _silence;
        private Timer? _end;

        public override bool CanRead => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await Inner.ReadAsync(buffer, cancellationToken);
            if (count == 0 && !buffer.IsEmpty && _silence is null)
            {
                // A half-open tunnel may be all that is left of a caller that has gone, so it is not kept forever.
                _silence = new Timer(static backend => ((TunnelStream)backend!).Dispose(), backend, patience, Timeout.InfiniteTimeSpan);
                if (grace == TimeSpan.Zero)
                {
                    await backend.EndWritingAsync();
                }
                else
                {
                    _end = new Timer(static backend => _ = ((TunnelStream)backend!).EndWritingAsync(), backend, grace, Timeout.InfiniteTimeSpan);
                }
            }

            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _silence?.Change(patience, Timeout.InfiniteTimeSpan);
            return Inner.WriteAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            _silence?.Dispose();
            _end?.Dispose();
            Inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
