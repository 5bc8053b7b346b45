using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Listeners.HalfOpen;

/// <summary>
/// A connection that, on request, survives a half-close by the client. Kestrel aborts a connection when the client stops sending; that is right for
/// requests, but in a tunnel it would lose what the backend still sends.
/// </summary>
internal sealed class HalfOpenConnection : ConnectionContext, IHalfOpenFeature, IDisposable
{
    private readonly ConnectionContext _owned;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenRegistration _registration;
    private volatile bool _isKept;

    public HalfOpenConnection(ConnectionContext owned)
    {
        _owned = owned;
        Transport = owned.Transport;
        ConnectionClosed = _closed.Token;
        Features.Set<IHalfOpenFeature>(this);
        _registration = owned.ConnectionClosed.UnsafeRegister(static connection => ((HalfOpenConnection)connection!).OnClosed(), this);
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; }

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => _owned.ConnectionId;
        set => _owned.ConnectionId = value;
    }

    /// <inheritdoc/>
    public override IFeatureCollection Features => _owned.Features;

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => _owned.Items;
        set => _owned.Items = value;
    }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint
    {
        get => _owned.LocalEndPoint;
        set => _owned.LocalEndPoint = value;
    }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint
    {
        get => _owned.RemoteEndPoint;
        set => _owned.RemoteEndPoint = value;
    }

    /// <inheritdoc/>
    public void Keep() => _isKept = true;

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => _owned.Abort(abortReason);

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _closed.Dispose();
    }

    private void OnClosed()
    {
        if (!_isKept)
        {
            _closed.Cancel();
        }
    }
}
