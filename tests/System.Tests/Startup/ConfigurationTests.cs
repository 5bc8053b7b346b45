using System.Globalization;
using System.Net;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Startup;

public class ConfigurationTests
{
    // The keys of the reference's documentation with its values.
    private const string EveryKey = """
        # Basic
        port: 8080
        host: 0.0.0.0
        database: /opt/opsen/opsen.db
        stale_minutes: 5
        log_level: info # debug, info, warn, error, fatal
        json_logging: false

        # Security
        server_key: "" # Client auth (opsen-client must match)
        api_keys: [] # Additional API keys for other integrations
        whitelisted_ips: [] # CIDR ranges (empty = allow all)
        rate_limit_per_minute: 60 # Requests per minute per IP (0 = disabled)
        rate_limit_burst: 120 # Burst capacity
        max_request_body_bytes: 10485760 # 10MB
        request_timeout_seconds: 30 # WebSocket + SSE exempt
        idle_timeout_seconds: 120 # Keep-alive timeout
        read_header_timeout_seconds: 10 # Slowloris protection
        disable_security_headers: false

        # TLS
        tls_cert_file: "" # Empty = HTTP only
        tls_key_file: ""
        tls_insecure_skip_verify: false

        # CORS
        enable_cors: false
        cors_allowed_origins: []

        # Reverse Proxy
        proxy_endpoints: [] # e.g., ["/api", "/browse"]
        proxy_sse_flush_interval_ms: -1

        # Geolocation
        geoip_db_path: ""

        # Sticky Sessions
        sticky_header: ""
        sticky_by_ip: false
        sticky_affinity_enabled: true
        pending_allocation_timeout_seconds: 120

        # Tier Detection
        tier_field_name: "tier"
        tier_header: "X-Tier"

        # Database
        db_max_open_conns: 25
        db_max_idle_conns: 5
        db_conn_max_lifetime: 300
        cleanup_interval_seconds: 60
        shutdown_timeout_seconds: 30

        # Health checks
        health_check_enabled: true
        health_check_type: "tcp"
        health_check_interval_seconds: 10
        health_check_timeout_seconds: 2
        health_check_path: "/health"
        health_check_unhealthy_threshold: 3
        health_check_healthy_threshold: 2

        # Tiers
        tiers:
          - name: small
            vcpu: 1
            memory_gb: 1.0
            storage_gb: 5
          - name: medium
            vcpu: 2
            memory_gb: 4.0
            storage_gb: 20
          - name: gpu-inference # GPU example
            vcpu: 8
            memory_gb: 32.0
            storage_gb: 100
            gpu: 1
            gpu_memory_gb: 16.0
        """;

    // EX_CONFIG of sysexits.h; the service files do not restart a program that ended so.
    private const int WrongConfiguration = 78;

    [Fact]
    public async Task Start_EveryKeyOfTheReference_Answers()
    {
        using var folder = new TemporaryFolder();
        var ports = FreePorts.Take(2);
        // Flags win over the file, the environment too: nothing of the machine that runs the tests is in the way.
        await using var gateway = Programs.StartGateway(
            ["-config", folder.Write("server.yml", EveryKey), "--port", Text(ports[0]), "-host", "127.0.0.1", "-db", folder.File("opsen.db")],
            new Dictionary<string, string?> { ["OPSEN_SERVER_ADMIN_PORT"] = Text(ports[1]) });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };

        await Wait.UntilAsync(
            "GET /health",
            async token => gateway.HasExited
                ? throw new InvalidOperationException(string.Join('\n', gateway.Log))
                : (await http.GetAsync("/health", token)).StatusCode == HttpStatusCode.OK,
            Patience.Start,
            TestContext.Current.CancellationToken);

        Assert.True(File.Exists(folder.File("opsen.db")));
    }

    [Theory]
    [InlineData("stale_minuts: 5", 2, "stale_minuts", "stale_minutes")]
    [InlineData("rate_limit_burst: plenty", 2, "rate_limit_burst", "")]
    [InlineData("health_check_interval_seconds: -1", 2, "health_check_interval_seconds", "")]
    [InlineData("tiers:\n  - name: a\n    vcpu: -2", 4, "vcpu", "")]
    [InlineData("cluster: cloud", 2, "cluster", "embedded")]
    public async Task Start_WrongConfiguration_EndsWithCode78AndNamesTheLine(string yaml, int line, string key, string allowed)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("server.yml", $"host: 127.0.0.1\n{yaml}\n");
        await using var gateway = Programs.StartGateway(["-config", file]);
        await using var silo = Programs.StartSilo(["-config", file]);

        foreach (var program in new[] { gateway, silo })
        {
            Assert.Equal(WrongConfiguration, await EndAsync(program));
            var message = Assert.Single(program.Log, text => text.Contains($"server.yml:{line}:", StringComparison.Ordinal));
            Assert.Contains(key, message);
            Assert.Contains(allowed, message);
        }
    }

    [Theory]
    [InlineData("report_interval: 5", 2, "report_interval")]
    [InlineData("cores: \"a-b\"", 2, "cores")]
    [InlineData("window_minutes: .nan", 2, "window_minutes")]
    public async Task Start_WrongAgentConfiguration_EndsWithCode78AndNamesTheLine(string yaml, int line, string key)
    {
        using var folder = new TemporaryFolder();
        await using var agent = Programs.StartAgent(["-config", folder.Write("client.yml", $"server_url: http://127.0.0.1:1\n{yaml}\n")]);

        Assert.Equal(WrongConfiguration, await EndAsync(agent));
        Assert.Contains(agent.Log, text => text.Contains($"client.yml:{line}: {key}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_MissingFile_EndsWithCode78AndNamesIt()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = Programs.StartGateway(["-config", folder.File("none.yml")]);

        Assert.Equal(WrongConfiguration, await EndAsync(gateway));
        Assert.Contains(gateway.Log, static text => text.Contains("none.yml", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_Flag_PrintsItAndEnds()
    {
        await using var gateway = Programs.StartGateway(["-version"]);
        await using var agent = Programs.StartAgent(["--version"]);

        foreach (var program in new[] { gateway, agent })
        {
            Assert.Equal(0, await EndAsync(program));
            Assert.Contains(program.Log, static text => text.Contains("0.1.0", StringComparison.Ordinal));
        }
    }

    private static async Task<int> EndAsync(ChildProcess program)
    {
        using var deadline = new CancellationTokenSource(Patience.Start);
        return await program.WaitForExitAsync(deadline.Token);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
