using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Listeners.HalfOpen;
using Opsen.Gateway.Proxy.Http1;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>
/// A connection that has left HTTP, as WebSockets do. Its directions end one by one: when the client has sent everything the backend hears of it, and what
/// the backend still sends reaches the client for as long as it keeps moving.
/// </summary>
internal sealed class Tunnel(HttpContext context, TunnelStream backend, TimeSpan patience) : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
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

    /// <inheritdoc/>
    public async Task<Stream> UpgradeAsync() => new ClientStream(await _upgrade!.UpgradeAsync(), backend, patience);

    /// <inheritdoc/>
    public async ValueTask<Stream> AcceptAsync() => new ClientStream(await _connect!.AcceptAsync(), backend, patience);

    /// <summary>The client's side.</summary>
    private sealed class ClientStream(Stream client, TunnelStream backend, TimeSpan patience) : WriteOnlyStream(client)
    {
        private Timer? _silence;

        public override bool CanRead => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await Inner.ReadAsync(buffer, cancellationToken);
            if (count == 0 && !buffer.IsEmpty && _silence is null)
            {
                // A half-open tunnel may be all that is left of a caller that has gone, so it is not kept forever.
                _silence = new Timer(static backend => ((TunnelStream)backend!).Dispose(), backend, patience, Timeout.InfiniteTimeSpan);
                await backend.EndWritingAsync();
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
            Inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
