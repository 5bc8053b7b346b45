using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class ServerFileTests
{
    // Every key of a reference server.yml, each with a value that is not its default where the value can be seen afterwards.
    private const string FullFile =
        """
        # Basic
        port: 9000
        host: 127.0.0.1
        database: /tmp/opsen.db
        stale_minutes: 7
        log_level: debug # debug, info, warn, error, fatal
        json_logging: true

        # Security
        server_key: "a key"
        api_keys: [one, "two", {key: three, scope: agent, name: rack-1}]
        whitelisted_ips: [10.0.0.0/8, "192.0.2.7", "2001:db8::/32"]
        rate_limit_per_minute: 0
        rate_limit_burst: 240
        max_request_body_bytes: 20971520
        request_timeout_seconds: 31
        idle_timeout_seconds: 121
        read_header_timeout_seconds: 11
        disable_security_headers: true

        # TLS
        tls_cert_file: ""
        tls_key_file: ""
        tls_insecure_skip_verify: true

        # CORS
        enable_cors: true
        cors_allowed_origins:
          - https://app.example.com
          - "http://localhost:3000"

        # Reverse proxy
        proxy_endpoints: ["/api", "/browse"]
        proxy_sse_flush_interval_ms: 50

        # Geolocation
        geoip_db_path: ""

        # Sticky sessions
        sticky_header: X-Session-ID
        sticky_by_ip: yes
        sticky_affinity_enabled: false
        pending_allocation_timeout_seconds: 121

        # Tier detection
        tier_field_name: "plan"
        tier_header: "X-Plan"

        # Database
        db_max_open_conns: 26
        db_max_idle_conns: 6
        db_conn_max_lifetime: 301
        cleanup_interval_seconds: 61
        shutdown_timeout_seconds: 32

        # Health checks
        health_check_enabled: off
        health_check_type: "http"
        health_check_interval_seconds: 12
        health_check_timeout_seconds: 3
        health_check_path: "/ready"
        health_check_unhealthy_threshold: 4
        health_check_healthy_threshold: 5

        # Tiers
        tiers:
          - name: small
            vcpu: 1
            memory_gb: 1.0
            storage_gb: 5
          - name: gpu-inference # GPU example
            vcpu: 8
            memory_gb: 32.0
            storage_gb: 100
            gpu: 1
            gpu_memory_gb: 16.0
        """;

    [Fact]
    public void Load_EveryKeyOfTheReference_SetsEveryOption()
    {
        using var file = new ConfigurationFile(FullFile);

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        var options = result.Options!;
        Assert.Equal(9000, options.Port);
        Assert.Equal("127.0.0.1", options.Host);
        Assert.Equal("/tmp/opsen.db", options.Database);
        Assert.Equal(7, options.StaleMinutes);
        Assert.Equal(LogThreshold.Debug, options.LogLevel);
        Assert.True(options.JsonLogging);
        Assert.Equal("a key", options.ServerKey);
        Assert.Equal([new("one"), new("two"), new("three", ApiScope.Agent, "rack-1")], options.ApiKeys);
        Assert.Equal(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"], options.WhitelistedIps);
        Assert.Equal(0, options.RateLimitPerMinute);
        Assert.Equal(240, options.RateLimitBurst);
        Assert.Equal(20_971_520, options.MaxRequestBodyBytes);
        Assert.Equal(31, options.RequestTimeoutSeconds);
        Assert.Equal(121, options.IdleTimeoutSeconds);
        Assert.Equal(11, options.ReadHeaderTimeoutSeconds);
        Assert.True(options.DisableSecurityHeaders);
        Assert.True(options.TlsInsecureSkipVerify);
        Assert.True(options.EnableCors);
        Assert.Equal(["https://app.example.com", "http://localhost:3000"], options.CorsAllowedOrigins);
        Assert.Equal(["/api", "/browse"], options.ProxyEndpoints);
        Assert.Equal(50, options.ProxySseFlushIntervalMs);
        Assert.Equal("X-Session-ID", options.StickyHeader);
        Assert.True(options.StickyByIp);
        Assert.False(options.StickyAffinityEnabled);
        Assert.Equal(121, options.PendingAllocationTimeoutSeconds);
        Assert.Equal("plan", options.TierFieldName);
        Assert.Equal("X-Plan", options.TierHeader);
        Assert.Equal(26, options.DbMaxOpenConns);
        Assert.Equal(6, options.DbMaxIdleConns);
        Assert.Equal(301, options.DbConnMaxLifetime);
        Assert.Equal(61, options.CleanupIntervalSeconds);
        Assert.Equal(32, options.ShutdownTimeoutSeconds);
        Assert.False(options.HealthCheckEnabled);
        Assert.Equal(HealthCheckType.Http, options.HealthCheckType);
        Assert.Equal(12, options.HealthCheckIntervalSeconds);
        Assert.Equal(3, options.HealthCheckTimeoutSeconds);
        Assert.Equal("/ready", options.HealthCheckPath);
        Assert.Equal(4, options.HealthCheckUnhealthyThreshold);
        Assert.Equal(5, options.HealthCheckHealthyThreshold);
        Assert.Equal(
            [
                new TierOptions { Name = "small", Vcpu = 1, MemoryGb = 1, StorageGb = 5 },
                new TierOptions { Name = "gpu-inference", Vcpu = 8, MemoryGb = 32, StorageGb = 100, Gpu = 1, GpuMemoryGb = 16 },
            ],
            options.Tiers);
    }

    [Fact]
    public void Load_TuningOfTheReferencesDatabasePool_WarnsThatItHasNoEffect()
    {
        using var file = new ConfigurationFile("db_max_open_conns: 26\ndb_max_idle_conns: 5\ndb_conn_max_lifetime: 301\n");

        var result = file.LoadServer();

        Assert.Equal(ConfigurationOutcome.Loaded, result.Outcome);
        Assert.Collection(
            result.Warnings,
            warning => Assert.StartsWith($"{file.Path}:1: db_max_open_conns: has no effect", warning, StringComparison.Ordinal),
            warning => Assert.StartsWith($"{file.Path}:3: db_conn_max_lifetime: has no effect", warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n...\n")]
    [InlineData("tiers: []\n")]
    [InlineData("tiers:\nhost:\nserver_key: ~\napi_keys: null\ntier_header:   # nothing\n")]
    public void Load_NothingSet_GivesTheDefaults(string yaml)
    {
        using var file = new ConfigurationFile(yaml);

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        var defaults = new ServerOptions();
        Assert.All(ServerConfiguration.Definition.Keys, key => Assert.True(key.Same(result.Options!, defaults), key.Name));
    }

    [Fact]
    public void Load_ReservationOfATier_SetsIt()
    {
        using var file = new ConfigurationFile("tiers: [{name: web, reservation: request}, {name: small, reservation: session}, {name: other}]");

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        Assert.Equal([TierReservation.Request, TierReservation.Session, TierReservation.Session], result.Options!.Tiers.Select(tier => tier.Reservation));
    }

    [Fact]
    public void Load_AnchorsAndMergeKeys_Work()
    {
        using var file = new ConfigurationFile(
            """
            tiers:
              - &small
                name: small
                vcpu: 2
                memory_gb: 4
              - <<: *small
                name: big
                vcpu: 8
            """);

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        Assert.Equal(new TierOptions { Name = "big", Vcpu = 8, MemoryGb = 4 }, result.Options!.Tiers[1]);
    }

    [Theory]
    [InlineData("0x1F90", 8080)]
    [InlineData("0o17620", 8080)]
    [InlineData("8080.0", 8080)]
    [InlineData("8e3", 8000)]
    [InlineData("+80", 80)]
    [InlineData("0", 0)]
    public void Load_WholeNumberInAnyNotation_IsRead(string written, int port)
    {
        using var file = new ConfigurationFile($"port: {written}\n");

        Assert.Equal(port, file.LoadServer().Options?.Port);
    }

    [Fact]
    public void Load_KeysOfTheFile_AreExplicit()
    {
        using var file = new ConfigurationFile("silo_port: 11111\n");

        var options = file.LoadServer("-port", "9000").Options!;

        Assert.Equal(["port", "silo_port"], options.ExplicitKeys.Order());
    }

    [Fact]
    public void Load_KeysBesideTheReference_SetTheirOptions()
    {
        using var file = new ConfigurationFile(
            """
            trusted_proxies: [10.0.0.0/8]
            tier_peek_bytes: 4096
            sticky_ttl_minutes: 60
            sticky_on_overload: keep
            cluster: localhost
            cluster_id: blue
            service_id: shop
            silo_port: 11112
            silo_gateway_port: 30001
            pool: eu-west
            pools: [eu-central, eu-west]
            admin_host: "::1"
            admin_port: 9911
            """);

        var result = file.LoadServer();

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        var options = result.Options!;
        Assert.Equal(["10.0.0.0/8"], options.TrustedProxies);
        Assert.Equal((4096, 60, StickyOnOverload.Keep), (options.TierPeekBytes, options.StickyTtlMinutes, options.StickyOnOverload));
        Assert.Equal((ClusterMode.Localhost, "blue", "shop"), (options.Cluster, options.ClusterId, options.ServiceId));
        Assert.Equal((11112, 30001, "eu-west"), (options.SiloPort, options.SiloGatewayPort, options.Pool));
        Assert.Equal(["eu-central", "eu-west"], options.PoolsInOrder());
        Assert.Equal(["default"], new ServerOptions().PoolsInOrder());
        Assert.Equal(("::1", 9911), (options.AdminHost, options.AdminPort));
    }

    [Theory]
    [InlineData("proxy_enabled: true", "proxy_endpoints")]
    [InlineData("stale_client_timeout_minutes: 5", "stale_minutes")]
    public void Load_KeyThatTheGoProgramNeverRead_IsWarnedOfByName(string line, string instead)
    {
        using var file = new ConfigurationFile($"port: 1234\n{line}\n");

        var result = file.LoadServer();

        Assert.Equal(1234, result.Options!.Port);
        var warning = Assert.Single(result.Warnings);
        Assert.StartsWith($"{file.Path}:2: {line.Split(':')[0]}: does nothing", warning, StringComparison.Ordinal);
        Assert.Contains(instead, warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_VariableThatTheGoProgramNeverRead_IsWarnedOf()
    {
        var result = ServerConfiguration.Load(
            "opsen-gateway", [], new Dictionary<string, string> { ["OPSEN_SERVER_PROXY_ENABLED"] = "true", ["OPSEN_SERVER_PORT"] = "1234" });

        Assert.Equal(1234, result.Options!.Port);
        Assert.StartsWith("OPSEN_SERVER_PROXY_ENABLED: does nothing", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json_logging: true")]
    [InlineData("max_registration_retries: 10")]
    [InlineData("registration_retry_delay_seconds: 5")]
    [InlineData("circuit_breaker_threshold: 5")]
    [InlineData("circuit_breaker_timeout_seconds: 60")]
    public void Load_AgentsKeyThatTheGoProgramNeverRead_IsWarnedOfByName(string line)
    {
        using var file = new ConfigurationFile($"server_url: http://a:1\n{line}\n");

        var result = file.LoadClient();

        Assert.Equal("http://a:1", result.Options!.ServerUrl);
        Assert.StartsWith($"{file.Path}:2: {line.Split(':')[0]}: does nothing", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }
}
