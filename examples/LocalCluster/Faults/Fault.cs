using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>Something that goes wrong, and is mended afterwards.</summary>
/// <param name="Name">What it is, for people.</param>
internal abstract record Fault(string Name)
{
    /// <summary>Lets it happen.</summary>
    /// <returns>What shows that it is in effect.</returns>
    /// <exception cref="InvalidOperationException">It is not in effect.</exception>
    public abstract Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation);

    /// <summary>Mends it.</summary>
    public abstract Task EndAsync(Cluster cluster, CancellationToken cancellation);

    /// <summary>The silo of the index, or another one.</summary>
    protected static Node Pick(Cluster cluster, bool isIndex)
    {
        var index = cluster.IndexSilo ?? throw new InvalidOperationException("No silo has the index.");
        return isIndex ? index : cluster.Silos.First(silo => silo != index && silo.IsRunning);
    }
}

/// <summary>A silo is killed (SIGKILL) and started again afterwards.</summary>
internal sealed record KilledSilo(bool IsIndex) : Fault($"kill -9 of {(IsIndex ? "the index's silo" : "another silo")}")
{
    private Node? _silo;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        var process = _silo.ProcessId;
        await _silo.KillAsync();
        return _silo.IsRunning ? throw new InvalidOperationException($"{_silo.Name} still runs.") : $"{_silo.Name} (process {process}) is gone";
    }

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo!.Start();
        await cluster.UntilReadyAsync(_silo, cancellation);
    }
}

/// <summary>A silo is stopped in order (SIGTERM) and started again afterwards.</summary>
internal sealed record StoppedSilo(bool IsIndex) : Fault($"stop of {(IsIndex ? "the index's silo" : "another silo")}")
{
    private Node? _silo;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        var process = _silo.ProcessId;
        await _silo.StopAsync();
        return $"{_silo.Name} (process {process}) has stopped";
    }

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo!.Start();
        await cluster.UntilReadyAsync(_silo, cancellation);
    }
}

/// <summary>A silo does nothing for a while (SIGSTOP), and goes on as if nothing had happened (SIGCONT).</summary>
internal sealed record FrozenSilo(bool IsIndex) : Fault($"SIGSTOP of {(IsIndex ? "the index's silo" : "another silo")}")
{
    private Node? _silo;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        _silo.Freeze();
        var state = "";
        for (var tries = 0; tries < 100 && state != "T"; tries++)
        {
            // The state is the first word behind the program's name, which is in brackets.
            state = (await File.ReadAllTextAsync($"/proc/{_silo.ProcessId}/stat", cancellation)).Split(") ")[^1][..1];
        }

        return state == "T" ? $"{_silo.Name} (process {_silo.ProcessId}) is in state T" : throw new InvalidOperationException($"{_silo.Name} is in state {state}.");
    }

    /// <inheritdoc/>
    public override async Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        // The others have declared it dead, so it ends by itself as soon as it learns of that; a service manager starts it again.
        _silo!.Unfreeze();
        await Task.Delay(TimeSpan.FromSeconds(5), cancellation);
        if (!_silo.IsRunning)
        {
            await _silo.StopAsync();
            _silo.Start();
        }

        await cluster.UntilReadyAsync(_silo, cancellation);
    }
}

/// <summary>PostgreSQL is stopped at once, as by a crash, and started again afterwards.</summary>
internal sealed record StoppedDatabase() : Fault("stop of PostgreSQL")
{
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
