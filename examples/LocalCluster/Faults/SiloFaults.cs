using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

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
        _silo!.Unfreeze();
        await RestartIfEndedAsync(cluster, _silo, cancellation);
    }
}
