using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>The server's real processes on free ports, with a database of their own.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _configuration;
    private readonly ServerSettings _settings;
    private readonly Shape _shape;
    private ChildProcess? _gateway;
    private ChildProcess? _silo;

    private Deployment(Shape shape, Action<ServerSettings>? change)
    {
        _shape = shape;
        var ports = FreePorts.Take(5);
        Admin = new Uri($"http://127.0.0.1:{ports[1]}");
        var settings = new ServerSettings
        {
            ["port"] = ports[0].ToString(CultureInfo.InvariantCulture),
            ["admin_port"] = ports[1].ToString(CultureInfo.InvariantCulture),
            ["database"] = $"'{DatabaseFile}'",
            ["cluster"] = shape == Shape.Embedded ? "embedded" : "localhost",
        };
        if (shape == Shape.Localhost)
        {
            settings["silo_port"] = ports[2].ToString(CultureInfo.InvariantCulture);
            settings["silo_gateway_port"] = ports[3].ToString(CultureInfo.InvariantCulture);
            settings["silo_admin_port"] = ports[4].ToString(CultureInfo.InvariantCulture);
        }

        change?.Invoke(settings);
        _settings = settings;
        Address = new Uri($"{(settings.HasTls ? "https" : "http")}://127.0.0.1:{ports[0]}");
        Http = new HttpClient(AcceptingAnyCertificate()) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(20) };
        _configuration = _folder.Write("server.yml", settings.ToYaml());
    }

    /// <summary>The gateway's main listener.</summary>
    public Uri Address { get; }

    /// <summary>The gateway's admin listener.</summary>
    public Uri Admin { get; }

    /// <summary>A client of the main listener.</summary>
    public HttpClient Http { get; }

    /// <summary>The gateway's process id.</summary>
    public int GatewayId => _gateway?.Id ?? throw new InvalidOperationException("The gateway does not run.");

    /// <summary>The SQLite file.</summary>
    public string DatabaseFile => _folder.File("opsen.db");

    /// <summary>Its configuration file.</summary>
    public string ConfigurationFile => _configuration;

    /// <summary>How many files the gateway may have open; null = as many as the tests.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Starts the processes and waits until the gateway answers.</summary>
    public static async Task<Deployment> StartAsync(Shape shape, Action<ServerSettings>? change = null, int? openFiles = null)
    {
        var deployment = new Deployment(shape, change) { OpenFiles = openFiles };
        try
        {
            await deployment.StartMissingAsync();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a gateway that is not expected to start, and returns its exit code and what it wrote.</summary>
    public static async Task<(int ExitCode, IReadOnlyCollection<string> Lines)> FailAsync(Action<ServerSettings> change)
    {
        await using var deployment = new Deployment(Shape.Embedded, change);
        await using var gateway = Programs.StartGateway(["-config", deployment._configuration]);
        using var deadline = new CancellationTokenSource(Patience.Start);
        var exitCode = await gateway.WaitForExitAsync(deadline.Token);
        return (exitCode, [.. gateway.Log]);
    }

    /// <summary>Changes the configuration for processes that start from now on.</summary>
    public void Change(Action<ServerSettings> change)
    {
        change(_settings);
        _folder.Write("server.yml", _settings.ToYaml());
    }

    /// <summary>Full path of a file that goes away with the deployment.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Ends processes at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync(Victim victim)
    {
        if (victim is Victim.Gateway or Victim.All)
        {
            await EndAsync(ref _gateway, static process => process.KillAsync());
        }

        if (victim is Victim.Silo or Victim.All)
        {
            await EndAsync(ref _silo, static process => process.KillAsync());
        }
    }

    /// <summary>Stops every process in order and returns the gateway's exit code.</summary>
    public async Task<int> StopAsync()
    {
        var gateway = _gateway ?? throw new InvalidOperationException("The gateway does not run.");
        gateway.Terminate();
        using var deadline = new CancellationTokenSource(Patience.Change);
        var exitCode = await gateway.WaitForExitAsync(deadline.Token);
        await EndAsync(ref _gateway, static _ => Task.CompletedTask);
        await EndAsync(ref _silo, static process => process.StopAsync(Patience.Change));
        return exitCode;
    }

    /// <summary>Starts what does not run and waits until the gateway answers and its view of the fleet is there.</summary>
    public async Task StartMissingAsync()
    {
        if (_shape == Shape.Localhost)
        {
            _silo ??= Programs.StartSilo(["-config", _configuration]);
        }

        _gateway ??= OpenFiles is { } limit
            ? Programs.StartGateway(["-config", _configuration], limit) : Programs.StartGateway(["-config", _configuration]);
        try
        {
            await Wait.UntilAsync("GET /health", AnswersAsync, Patience.Start, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException problem)
        {
            throw new InvalidOperationException($"{problem.Message}\n{Logs()}", problem);
        }
    }

    /// <summary>Whether the running gateway has logged a line that contains a text.</summary>
    public bool HasLogged(string text) => _gateway?.Log.Any(line => line.Contains(text, StringComparison.Ordinal)) == true;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Shown with the test's result when it fails.
        TestContext.Current.TestOutputHelper?.WriteLine(Logs());
        Http.Dispose();
        await KillAsync(Victim.All);
        _folder.Dispose();
    }

    /// <summary>The handler of a client to a deployment, whose certificate nobody has signed.</summary>
    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "The tests make their certificates themselves.")]
    public static SocketsHttpHandler AcceptingAnyCertificate() =>
        new() { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        foreach (var process in new[] { _gateway, _silo })
        {
            if (process is { HasExited: true })
            {
                throw new InvalidOperationException($"The {process.Name} ended with exit code {await process.WaitForExitAsync(cancellation)}.\n{Logs()}");
            }
        }

        using var answer = await Http.GetAsync(_settings.WantsProxyHeader ? new Uri(Admin, "/readyz") : new Uri(Address, "/health"), cancellation);
        return answer.IsSuccessStatusCode;
    }

    private string Logs() => string.Join('\n', new[] { _gateway, _silo }.OfType<ChildProcess>()
        .Select(static process => $"--- {process.Name}\n{string.Join('\n', process.Log.TakeLast(60))}"));

    private static Task EndAsync(ref ChildProcess? process, Func<ChildProcess, Task> end)
    {
        var ending = process;
        process = null;
        return ending is null ? Task.CompletedTask : EndAndDisposeAsync(ending, end);
    }

    private static async Task EndAndDisposeAsync(ChildProcess process, Func<ChildProcess, Task> end)
    {
        await end(process);
        await process.DisposeAsync();
    }
}
