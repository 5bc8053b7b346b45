using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.Quickstart.Fleet;

/// <summary>A gateway and two backends with an agent each, on free ports of this machine.</summary>
internal sealed class LocalFleet : IAsyncDisposable
{
    /// <summary>The only tier: any host serves it, so that the score alone decides.</summary>
    public const string Tier = "lite";

    /// <summary>Path prefix that the gateway proxies.</summary>
    public const string ProxiedPrefix = "/app";

    /// <summary>Header with the session's id.</summary>
    public const string SessionHeader = "X-Session-ID";

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ChildProcess> _processes = [];

    private LocalFleet(Uri gateway, Uri admin)
    {
        Gateway = gateway;
        Admin = admin;
    }

    /// <summary>The gateway's main listener.</summary>
    public Uri Gateway { get; }

    /// <summary>The gateway's admin listener.</summary>
    public Uri Admin { get; }

    /// <summary>The backends.</summary>
    public IReadOnlyList<Backend> Backends { get; private set; } = [];

    /// <summary>Every process of the fleet.</summary>
    public IReadOnlyList<ChildProcess> Processes => _processes;

    /// <summary>Starts the gateway and the backends, without waiting until they serve.</summary>
    public static async Task<LocalFleet> StartAsync(ProcessorSplit split)
    {
        var ports = FreePorts.Take(4);
        var fleet = new LocalFleet(Loopback(ports[0]), Loopback(ports[1]));
        try
        {
            fleet.StartGateway();
            fleet.Backends =
            [
                fleet.StartBackend("backend-1", ports[2], split.First),
                fleet.StartBackend("backend-2", ports[3], split.Second),
            ];
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts an agent for each backend. An agent waits by itself for a gateway that does not answer yet, but tries less and less often.</summary>
    public void StartAgents()
    {
        foreach (var backend in Backends)
        {
            var configuration = _folder.Write($"{backend.Name}.yml", $$"""
                server_url: {{Gateway.OriginalString}}
                endpoint_url: {{backend.Url.OriginalString}}
                hostname: {{backend.Name}}
                cores: "{{backend.Cores}}"
                window_minutes: 0.1
                report_interval_seconds: 1
                disk_path: '{{Path.GetTempPath()}}'
                skip_geolocation: true
                state_dir: '{{_folder.File(backend.Name)}}'
                """);
            Start($"agent of {backend.Name}", BuildOutput.Find("src/Agent", "opsen-agent"), ["-config", configuration]);
        }
    }

    /// <summary>Stops every process and removes their files.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(static process => process.StopAsync(StopPatience)));
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    private void StartGateway()
    {
        var configuration = _folder.Write("server.yml", $$"""
            host: 127.0.0.1
            port: {{Gateway.Port}}
            admin_port: {{Admin.Port}}
            cluster: embedded
            database: '{{_folder.File("opsen.db")}}'
            rate_limit_per_minute: 0
            proxy_endpoints: ["{{ProxiedPrefix}}"]
            sticky_header: {{SessionHeader}}
            pending_allocation_timeout_seconds: 5
            health_check_type: http
            health_check_interval_seconds: 1
            health_check_timeout_seconds: 1
            shutdown_timeout_seconds: 3
            tiers:
              - name: {{Tier}}
                vcpu: 0
                memory_gb: 0.01
                storage_gb: 0
            """);
        Start("gateway", BuildOutput.Find("src/Gateway", "opsen-gateway"), ["-config", configuration]);
    }

    private Backend StartBackend(string name, int port, IReadOnlyList<int> cores)
    {
        var url = Loopback(port);
        var process = StartPinned(name, BuildOutput.Find("examples/EchoBackend", "echo-backend"), ["--urls", url.OriginalString, "--name", name], cores);
        return new Backend(name, url, ProcessorSplit.Format(cores), process);
    }

    private ChildProcess StartPinned(string name, string program, string[] arguments, IReadOnlyList<int> cores)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Start(name, "taskset", ["-c", ProcessorSplit.Format(cores), program, .. arguments]);
        }

        var process = Start(name, program, arguments);
        process.Pin(cores);
        return process;
    }

    private ChildProcess Start(string name, string program, string[] arguments)
    {
        var process = ChildProcess.Start(name, program, arguments);
        _processes.Add(process);
        return process;
    }
}
