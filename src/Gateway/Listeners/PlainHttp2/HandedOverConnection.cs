using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Listeners.PlainHttp2;

/// <summary>A borrowed connection: its server may set features and dispose of it without touching the owner's.</summary>
internal sealed class HandedOverConnection(ConnectionContext owned) : ConnectionContext
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the connection has been served.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; } = owned.Transport;

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => owned.ConnectionId;
        set => owned.ConnectionId = value;
    }

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; } = new FeatureCollection(owned.Features);

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => owned.Items;
        set => owned.Items = value;
    }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed
    {
        get => owned.ConnectionClosed;
        set => owned.ConnectionClosed = value;
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint
    {
        get => owned.LocalEndPoint;
        set => owned.LocalEndPoint = value;
    }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint
    {
        get => owned.RemoteEndPoint;
        set => owned.RemoteEndPoint = value;
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => owned.Abort(abortReason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        return base.DisposeAsync();
    }
}
