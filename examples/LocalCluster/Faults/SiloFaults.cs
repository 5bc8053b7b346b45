using Opsen.Examples.LocalCluster.Nodes;

namespace Opsen.Examples.LocalCluster.Faults;

/// <summary>A silo ends and is started again afterwards.</summary>
/// <param name="IsIndex">Whether it is the index's silo.</param>
/// <param name="IsKilled">Whether it is killed (SIGKILL) or stopped in order (SIGTERM).</param>
internal sealed record EndedSilo(bool IsIndex, bool IsKilled) : Fault($"{(IsKilled ? "kill -9" : "stop")} of {(IsIndex ? "the index's silo" : "another silo")}")
{
    private Node? _silo;

    /// <inheritdoc/>
    public override bool EndsIndex => IsIndex;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        var process = _silo.ProcessId;
        await (IsKilled ? _silo.KillAsync() : _silo.StopAsync());
        return _silo.IsRunning ? throw new InvalidOperationException($"{_silo.Name} still runs.") : $"{_silo.Name} (process {process}) is gone";
    }

    /// <inheritdoc/>
    public override Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo!.Start();
        return Task.CompletedTask;
    }
}

/// <summary>A silo does nothing for a while (SIGSTOP), and goes on as if nothing had happened (SIGCONT).</summary>
internal sealed record FrozenSilo(bool IsIndex) : Fault($"SIGSTOP of {(IsIndex ? "the index's silo" : "another silo")}")
{
    private Node? _silo;

    /// <inheritdoc/>
    public override bool SilencesSilo => true;

    /// <inheritdoc/>
    public override bool EndsIndex => IsIndex;

    /// <inheritdoc/>
    public override async Task<string> BeginAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo = Pick(cluster, IsIndex);
        _silo.Freeze();
        var state = "";
        for (var tries = 0; tries < 100 && state != "T"; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);

            // The state is the first word behind the program's name, which is in brackets.
            state = (await File.ReadAllTextAsync($"/proc/{_silo.ProcessId}/stat", cancellation)).Split(") ")[^1][..1];
        }

        return state == "T" ? $"{_silo.Name} (process {_silo.ProcessId}) is in state T" : throw new InvalidOperationException($"{_silo.Name} is in state {state}.");
    }

    /// <inheritdoc/>
    public override Task EndAsync(Cluster cluster, CancellationToken cancellation)
    {
        _silo!.Unfreeze();
        return Task.CompletedTask;
    }
}
