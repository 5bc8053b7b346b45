using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>PostgreSQL is stopped at once, as by a crash, and started again afterwards.</summary>
internal sealed record StoppedDatabase() : Fault("stop of PostgreSQL")
{
    /// <inheritdoc/>
    public override bool StopsDatabase => true;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        await cluster.Postgres.StopAsync();
        try
        {
            await cluster.Postgres.QueryAsync(cluster.Connection, "SELECT 1");
        }
        catch (InvalidOperationException)
        {
            return "it takes no connections";
        }

        throw new InvalidOperationException("PostgreSQL still answers.");
    }

    /// <inheritdoc/>
    public override Task EndAsync(Cluster cluster, CancellationToken cancellation) => cluster.Postgres.StartAsync();
}

/// <summary>PostgreSQL does nothing for a while (SIGSTOP): its connections stay open, and nothing answers.</summary>
internal sealed record FrozenDatabase() : Fault("SIGSTOP of PostgreSQL")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override bool StopsDatabase => true;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        await cluster.Postgres.SetFrozenAsync(isFrozen: true);
        var answer = cluster.Postgres.QueryAsync(cluster.Connection, "SELECT 1");
        return await Task.WhenAny(answer, Task.Delay(Patience, cancellation)) == answer
            ? throw new InvalidOperationException("PostgreSQL still answers.")
            : $"it does not answer within {Patience.TotalSeconds} s";
    }

    /// <inheritdoc/>
    public override Task EndAsync(Cluster cluster, CancellationToken cancellation) => cluster.Postgres.SetFrozenAsync(isFrozen: false);
}
