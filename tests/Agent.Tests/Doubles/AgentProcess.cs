using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>The real executable, started from the build output.</summary>
internal sealed class AgentProcess : IDisposable
{
    private const int SigTerm = 15;

    private static readonly string BuildOutput = typeof(AgentProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "AgentDirectory").Value!;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private AgentProcess(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Join(BuildOutput, OperatingSystem.IsWindows() ? "opsen-agent.exe" : "opsen-agent"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public static AgentProcess Start(params string[] arguments) => new(new Dictionary<string, string>(), arguments);

    public static AgentProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(environment, arguments);

    /// <summary>Asks it to stop, as a service manager does.</summary>
    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    /// <summary>Waits for its end.</summary>
    public async Task<AgentExit> WaitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return new AgentExit(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

/// <summary>How an <see cref="AgentProcess"/> ended.</summary>
internal sealed record AgentExit(int Code, string Output, string Error);
