using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Every silo and every gateway is stopped in order and started again, one after the other, as an upgrade does.</summary>
/// <param name="Programs">Clone of the repository whose programs they run from then on; null for the same as before.</param>
internal sealed record RollingRestart(string? Programs = null) : Fault($"rolling restart of everything{(Programs is null ? "" : $" with those of {Programs}")}")
{
    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        var restarts = new List<string>();
        foreach (var node in cluster.Nodes)
        {
            var before = node.ProcessId;
            await node.StopAsync();
            node.Clone = Programs ?? node.Clone;
            node.Start();
            await cluster.UntilReadyAsync(node, cancellation);
            restarts.Add($"{node.Name} {before}->{node.ProcessId}");
        }

        return $"new processes: {string.Join(", ", restarts)}";
    }

    /// <inheritdoc/>
    public override Task EndAsync(Cluster cluster, CancellationToken cancellation) => Task.CompletedTask;
}
