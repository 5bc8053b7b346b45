using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Something that goes wrong, and is mended afterwards.</summary>
/// <param name="Name">What it is, for people.</param>
internal abstract record Fault(string Name)
{
    /// <summary>Whether nothing can be stored meanwhile, so that new sessions are refused by default.</summary>
    public virtual bool StopsDatabase => false;

    /// <summary>Lets it happen.</summary>
    /// <returns>What shows that it is in effect.</returns>
    /// <exception cref="InvalidOperationException">It is not in effect.</exception>
    public abstract Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation);

    /// <summary>Mends it.</summary>
    public abstract Task EndAsync(Cluster cluster, CancellationToken cancellation);

    /// <summary>Whether it needs nodes in network namespaces.</summary>
    public virtual bool CutsNetwork => false;

    /// <summary>Where a node runs.</summary>
    /// <exception cref="InvalidOperationException">It has no namespace of its own.</exception>
    protected static NodeNetwork.Place PlaceOf(Node node) =>
        node.Place ?? throw new InvalidOperationException($"{node.Name} runs in no namespace of its own.");

    /// <summary>Starts a silo again that has ended by itself, because the others had declared it dead; a service manager does so.</summary>
    protected static async Task RestartIfEndedAsync(Cluster cluster, Node silo, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(5), cancellation);
        if (!silo.IsRunning)
        {
            await silo.StopAsync();
            silo.Start();
        }

        await cluster.UntilReadyAsync(silo, cancellation);
    }

    /// <summary>The silo of the index, or another one.</summary>
    protected static Node Pick(Cluster cluster, bool isIndex)
    {
        var index = cluster.IndexSilo;
        return isIndex ? index ?? throw new InvalidOperationException("No silo has the index.") : cluster.Silos.First(silo => silo != index && silo.IsRunning);
    }
}

/// <summary>Two faults at once. Without the database no silo can start, so that is mended first.</summary>
internal sealed record OverlappingFaults(Fault First, Fault Second) : Fault($"{First.Name} and {Second.Name}")
{
    /// <inheritdoc/>
    public override bool StopsDatabase => First.StopsDatabase || Second.StopsDatabase;

    /// <inheritdoc/>
    public override bool CutsNetwork => First.CutsNetwork || Second.CutsNetwork;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation) =>
        $"{await First.BeginAsync(cluster, cancellation)}; {await Second.BeginAsync(cluster, cancellation)}";

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        var (first, last) = First.StopsDatabase ? (First, Second) : (Second, First);
        await first.EndAsync(cluster, cancellation);
        await last.EndAsync(cluster, cancellation);
    }
}
