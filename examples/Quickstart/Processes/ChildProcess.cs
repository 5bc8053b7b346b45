using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Opsen.Examples.Quickstart.Processes;

/// <summary>A program started by this one: its output is kept, and it never outlives its owner.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 5_000;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ChildProcess(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    /// <summary>Name shown to people.</summary>
    public string Name { get; }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Its latest output lines, oldest first; standard output and error as they came.</summary>
    public IReadOnlyList<string> Log => [.. _lines];

    /// <summary>Starts a program.</summary>
    /// <param name="name">Name shown to people.</param>
    /// <param name="fileName">The program.</param>
    /// <param name="arguments">Its arguments, unquoted.</param>
    /// <param name="environment">Environment variables to add; null removes one.</param>
    public static ChildProcess Start(
        string name, string fileName, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        // The programs find the same runtime as this one, also where it is not installed for the whole system.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[key] = value;
        }

        var process = new Process { StartInfo = start };
        var child = new ChildProcess(name, process);
        process.OutputDataReceived += (_, line) => child.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return child;
    }

    /// <summary>Pins the process to processors (Windows; on Linux it is started through taskset).</summary>
    /// <param name="cores">Processor numbers below 64.</param>
    public void Pin(IEnumerable<int> cores)
    {
        if (OperatingSystem.IsWindows())
        {
            _process.ProcessorAffinity = (nint)cores.Aggregate(0L, static (mask, core) => mask | (1L << core));
        }
    }

    /// <summary>Waits for the end and returns the exit code; all output is in <see cref="Log"/> then.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    /// <summary>Asks the process to stop in order (SIGTERM); Windows has no such request for a program without a window, so there it is killed.</summary>
    public void Terminate()
    {
        if (_process.HasExited)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            _process.Kill();
        }
        else
        {
            // It fails only for a process that has just ended by itself.
            _ = SendSignal(_process.Id, SigTerm);
        }
    }

    /// <summary>Freezes the process (SIGSTOP): it does nothing more, and its connections stay open. Not on Windows.</summary>
    public void Freeze() => _ = SendSignal(_process.Id, SigStop);

    /// <summary>Wakes a frozen process (SIGCONT).</summary>
    public void Unfreeze() => _ = SendSignal(_process.Id, SigCont);

    /// <summary>Ends the process and those that it started at once (SIGKILL) and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop, and kills it if it has not after some seconds.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Terminate();
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        while (_lines.Count > KeptLines)
        {
            _lines.TryDequeue(out _);
        }
    }

    /// <summary>Freezes a process that somebody else started, or wakes it.</summary>
    internal static void SetFrozen(int processId, bool isFrozen) => _ = SendSignal(processId, isFrozen ? SigStop : SigCont);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
