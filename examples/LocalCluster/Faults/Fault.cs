using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Something that goes wrong, and is mended afterwards.</summary>
/// <param name="Name">What it is, for people.</param>
internal abstract record Fault(string Name)
{
    /// <summary>Whether the pool needs another index. None can begin without the database.</summary>
    public virtual bool EndsIndex => false;

    /// <summary>Whether a silo cannot be heard and may be alive all the same. Where two of three are like that at once, nobody can know whether they decide
    /// (ADR 0010), and the third one waits.</summary>
    public virtual bool SilencesSilo => false;

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

    /// <summary>The silo of the index, or another one: of two faults that overlap, each has its own.</summary>
    protected static Node Pick(Cluster cluster, bool isIndex)
    {
        var index = cluster.IndexSilo;
        var left = cluster.Silos.Where(silo => silo.IsRunning && !cluster.InTrouble.Contains(silo)).ToList();
        var picked = left.Find(silo => silo == index == isIndex) ?? left[0];
        cluster.InTrouble.Add(picked);
        return picked;
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
    public override bool EndsIndex => First.EndsIndex || Second.EndsIndex;

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
