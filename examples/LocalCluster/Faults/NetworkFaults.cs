using System.Net.Sockets;
using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>A silo's cable is pulled, and plugged in again: it is alone, and so are the others.</summary>
internal sealed record CutSilo(bool IsIndex) : Fault($"cable of {(IsIndex ? "the index's silo" : "another silo")} pulled")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private Node? _silo;

    /// <inheritdoc/>
    public override bool CutsNetwork => true;

    /// <inheritdoc/>
    public override bool SilencesSilo => true;

    /// <inheritdoc/>
    public override bool EndsIndex => IsIndex;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        await PlaceOf(_silo).SetCutAsync(isCut: true);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(cluster.Admin[_silo].Host, cluster.Admin[_silo].Port, deadline.Token);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return $"{_silo.Name} (process {_silo.ProcessId}) runs and cannot be connected";
        }

        throw new InvalidOperationException($"{_silo.Name} can be connected.");
    }

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        await PlaceOf(_silo!).SetCutAsync(isCut: false);
    }
}

/// <summary>The index's silo and the other silos cannot reach each other, but gateways and PostgreSQL can reach all of them.</summary>
internal sealed record SplitSilos() : Fault("the index's silo cut off from the other silos only")
{
    private Node? _silo;
    private IReadOnlyList<Node> _others = [];

    /// <inheritdoc/>
    public override bool CutsNetwork => true;

    /// <inheritdoc/>
    public override bool SilencesSilo => true;

    /// <inheritdoc/>
    public override bool EndsIndex => true;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, isIndex: true);
        _others = [.. cluster.Silos.Where(silo => silo != _silo)];
        foreach (var other in _others)
        {
            await PlaceOf(_silo).SetCutAsync(PlaceOf(other), isCut: true);
            await PlaceOf(other).SetCutAsync(PlaceOf(_silo), isCut: true);
        }

        return $"{_silo.Name} has no route to {string.Join(" and ", _others.Select(static other => other.Name))}, nor they to it";
    }

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        foreach (var other in _others)
        {
            await PlaceOf(_silo!).SetCutAsync(PlaceOf(other), isCut: false);
            await PlaceOf(other).SetCutAsync(PlaceOf(_silo!), isCut: false);
        }
    }
}
