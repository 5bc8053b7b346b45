using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.LocalCluster.Nodes;

/// <summary>A silo or a gateway: a program with its configuration, that is started, stopped and killed.</summary>
/// <param name="name">Name shown to people.</param>
/// <param name="programIn">Where its program is in a clone of the repository.</param>
/// <param name="configuration">Its configuration file.</param>
/// <param name="place">Its network namespace; null on the loopback.</param>
internal sealed class Node(string name, Func<string, string> programIn, string configuration, NodeNetwork.Place? place = null) : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly List<string> _earlierLog = [];
    private ChildProcess? _process;

    /// <summary>Name shown to people.</summary>
    public string Name { get; } = name;

    /// <summary>Its network namespace; null where all nodes are on the loopback.</summary>
    public NodeNetwork.Place? Place { get; } = place;

    /// <summary>Whether its process runs; a frozen one does.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Its process id.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>Clone of the repository whose program it runs from its next start on.</summary>
    public string Clone { get; set; } = BuildOutput.RepositoryRoot;

    /// <summary>What its running process has written.</summary>
    public IReadOnlyList<string> Log => _process?.Log ?? [];

    /// <summary>What all its processes have written.</summary>
    public IReadOnlyList<string> WholeLog => [.. _earlierLog, .. Log];

    /// <summary>Starts it if it does not run.</summary>
    public void Start() => _process ??= Place is null
        ? ChildProcess.Start(Name, programIn(Clone), ["-config", configuration])
        : ChildProcess.Start(Name, "ip", ["netns", "exec", Place.Namespace, programIn(Clone), "-config", configuration]);

    /// <summary>Ends it at once (SIGKILL) and waits until it is gone.</summary>
    public Task KillAsync() => EndAsync(static process => process.KillAsync());

    /// <summary>Asks it to stop (SIGTERM) and waits until it has.</summary>
    public Task StopAsync() => EndAsync(static process => process.StopAsync(StopPatience));

    /// <summary>Freezes it (SIGSTOP).</summary>
    public void Freeze() => _process?.Freeze();

    /// <summary>Wakes it (SIGCONT).</summary>
    public void Unfreeze() => _process?.Unfreeze();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task EndAsync(Func<ChildProcess, Task> end)
    {
        if (_process is { } ending)
        {
            await end(ending);
            _earlierLog.AddRange(ending.Log);
            _process = null;
            await ending.DisposeAsync();
        }
    }
}
