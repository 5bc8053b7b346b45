using Opsen.Protocol.Configuration.Values;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>The keys of <c>server.yml</c>.</summary>
internal static class ServerKeys
{
    private const int Minute = 60;
    private const int Hour = 3600;
    private const int Day = 86_400;

    private static readonly BooleanFormat Boolean = new();
    private static readonly IntegerFormat<int> PoolSize = new(-1, 1_000_000);

    // Before the table, which is made of it.
    private static readonly Dictionary<string, string> NeverRead = new(StringComparer.Ordinal)
    {
        ["proxy_enabled"] = "does nothing, as in the Go program; proxy_endpoints says what is proxied",
        ["stale_client_timeout_minutes"] = "does nothing, as in the Go program; write stale_minutes",
    };

    /// <summary>The keys, in the order and groups of deploy/server.defaults.yml.</summary>
    public static KeyTable<ServerOptions> Table { get; } = new("deploy/server.defaults.yml lists every key", NeverRead)
    {
        // Basic
        {
            "port", new IntegerFormat<int>(0, 65_535, "0 for any free port"), o => o.Port, (o, v) => o.Port = v,
            new("port", "PORT", "port of the main listener")
        },
        {
            "host", TextFormats.ListenHost, o => o.Host, (o, v) => o.Host = v,
            new("host", "ADDRESS", "address of the main listener")
        },
        {
            "database", TextFormats.NotEmpty, o => o.Database, (o, v) => o.Database = v,
            new("db", "FILE", "SQLite file")
        },
        {
            "stale_minutes", Whole(1, 525_600), o => o.StaleMinutes, (o, v) => o.StaleMinutes = v,
            new("stale", "MINUTES", "time without a report after which a host is out of routing"), "STALE_TIMEOUT"
        },
        { "log_level", new ChoiceFormat<LogThreshold>(), o => o.LogLevel, (o, v) => o.LogLevel = v },
        { "json_logging", Boolean, o => o.JsonLogging, (o, v) => o.JsonLogging = v },

        // Security
        { "server_key", TextFormats.OptionalKey, o => o.ServerKey, (o, v) => o.ServerKey = v },
        { "api_keys", new ApiKeyListFormat(), o => o.ApiKeys, (o, v) => o.ApiKeys = v },
        { "whitelisted_ips", new TextListFormat(TextFormats.Network), o => o.WhitelistedIps, (o, v) => o.WhitelistedIps = v },
        {
            "allowed_backend_networks", new TextListFormat(TextFormats.Network), o => o.AllowedBackendNetworks, (o, v) => o.AllowedBackendNetworks = v
        },
        { "trusted_proxies", new TextListFormat(TextFormats.Network), o => o.TrustedProxies, (o, v) => o.TrustedProxies = v },
        { "rate_limit_per_minute", new IntegerFormat<int>(0, 10_000_000, "0 for no limit"), o => o.RateLimitPerMinute, (o, v) => o.RateLimitPerMinute = v },
        { "rate_limit_burst", Whole(1, 10_000_000), o => o.RateLimitBurst, (o, v) => o.RateLimitBurst = v },
        {
            "rate_limit_agents_per_minute", Whole(1, 100_000_000), o => o.RateLimitAgentsPerMinute, (o, v) => o.RateLimitAgentsPerMinute = v
        },
        {
            "rate_limit_keys_per_minute", new IntegerFormat<int>(0, 100_000_000, "0 for no limit"),
            o => o.RateLimitKeysPerMinute, (o, v) => o.RateLimitKeysPerMinute = v
        },
        { "proxy_protocol", Boolean, o => o.ProxyProtocol, (o, v) => o.ProxyProtocol = v },
        { "allowed_hosts", new TextListFormat(TextFormats.HostPattern), o => o.AllowedHosts, (o, v) => o.AllowedHosts = v },
        {
            "max_connections_per_address", new IntegerFormat<int>(0, 10_000_000, "0 for a quarter of all"),
            o => o.MaxConnectionsPerAddress, (o, v) => o.MaxConnectionsPerAddress = v
        },
        {
            "max_concurrent_requests", new IntegerFormat<int>(0, 10_000_000, "0 for no limit"),
            o => o.MaxConcurrentRequests, (o, v) => o.MaxConcurrentRequests = v
        },
        { "max_queued_requests", Whole(0, 1_000_000), o => o.MaxQueuedRequests, (o, v) => o.MaxQueuedRequests = v },
        { "max_sessions", new IntegerFormat<long>(0, 1L << 40, "0 for no limit"), o => o.MaxSessions, (o, v) => o.MaxSessions = v },
        { "max_hosts", new IntegerFormat<int>(0, 10_000_000, "0 for no limit"), o => o.MaxHosts, (o, v) => o.MaxHosts = v },
        { "max_pools", new IntegerFormat<int>(0, 1_000_000, "0 for no limit"), o => o.MaxPools, (o, v) => o.MaxPools = v },
        { "max_request_headers", Whole(1, 10_000), o => o.MaxRequestHeaders, (o, v) => o.MaxRequestHeaders = v },
        { "max_request_header_bytes", Whole(1024, 16 << 20), o => o.MaxRequestHeaderBytes, (o, v) => o.MaxRequestHeaderBytes = v },
        { "max_request_body_bytes", new IntegerFormat<long>(1024, 1L << 40), o => o.MaxRequestBodyBytes, (o, v) => o.MaxRequestBodyBytes = v },
        { "request_timeout_seconds", Whole(1, Day), o => o.RequestTimeoutSeconds, (o, v) => o.RequestTimeoutSeconds = v },
        { "idle_timeout_seconds", Whole(1, Day), o => o.IdleTimeoutSeconds, (o, v) => o.IdleTimeoutSeconds = v },
        { "read_header_timeout_seconds", Whole(1, Hour), o => o.ReadHeaderTimeoutSeconds, (o, v) => o.ReadHeaderTimeoutSeconds = v },
        {
            "websocket_idle_timeout_seconds", new IntegerFormat<int>(0, 30 * Day, "0 for never"),
            o => o.WebsocketIdleTimeoutSeconds, (o, v) => o.WebsocketIdleTimeoutSeconds = v
        },
        { "disable_security_headers", Boolean, o => o.DisableSecurityHeaders, (o, v) => o.DisableSecurityHeaders = v },

        // TLS
        { "tls_cert_file", TextFormats.Any, o => o.TlsCertFile, (o, v) => o.TlsCertFile = v },
        { "tls_key_file", TextFormats.Any, o => o.TlsKeyFile, (o, v) => o.TlsKeyFile = v },
        { "tls_certificates", new CertificateListFormat(), o => o.TlsCertificates, (o, v) => o.TlsCertificates = v },
        { "client_ca_file", TextFormats.Any, o => o.ClientCaFile, (o, v) => o.ClientCaFile = v },
        { "tls_insecure_skip_verify", Boolean, o => o.TlsInsecureSkipVerify, (o, v) => o.TlsInsecureSkipVerify = v },

        // CORS
        { "enable_cors", Boolean, o => o.EnableCors, (o, v) => o.EnableCors = v },
        { "cors_allowed_origins", new TextListFormat(TextFormats.CorsOrigin), o => o.CorsAllowedOrigins, (o, v) => o.CorsAllowedOrigins = v },

        // Reverse proxy
        { "proxy_endpoints", new TextListFormat(TextFormats.ProxyPrefix), o => o.ProxyEndpoints, (o, v) => o.ProxyEndpoints = v },
        {
            "proxy_sse_flush_interval_ms", new IntegerFormat<int>(-1, 60_000, "-1 at once, 0 not forced"),
            o => o.ProxySseFlushIntervalMs, (o, v) => o.ProxySseFlushIntervalMs = v
        },
        { "connect_timeout_seconds", Whole(1, 5 * Minute), o => o.ConnectTimeoutSeconds, (o, v) => o.ConnectTimeoutSeconds = v },
        { "backend_host", new ChoiceFormat<BackendHost>(), o => o.BackendHost, (o, v) => o.BackendHost = v },
        { "expose_routing_headers", Boolean, o => o.ExposeRoutingHeaders, (o, v) => o.ExposeRoutingHeaders = v },

        // Geolocation
        { "geoip_db_path", TextFormats.Any, o => o.GeoipDbPath, (o, v) => o.GeoipDbPath = v },

        // Sticky sessions
        { "sticky_header", TextFormats.OptionalHeader, o => o.StickyHeader, (o, v) => o.StickyHeader = v },
        { "sticky_by_ip", Boolean, o => o.StickyByIp, (o, v) => o.StickyByIp = v },
        { "sticky_affinity_enabled", Boolean, o => o.StickyAffinityEnabled, (o, v) => o.StickyAffinityEnabled = v },
        { "sticky_ttl_minutes", Whole(1, 5_256_000), o => o.StickyTtlMinutes, (o, v) => o.StickyTtlMinutes = v },
        { "sticky_on_overload", new ChoiceFormat<StickyOnOverload>(), o => o.StickyOnOverload, (o, v) => o.StickyOnOverload = v },
        { "pending_allocation_timeout_seconds", Whole(1, Day), o => o.PendingAllocationTimeoutSeconds, (o, v) => o.PendingAllocationTimeoutSeconds = v },

        // Placement
        { "tenant_header", TextFormats.OptionalHeader, o => o.TenantHeader, (o, v) => o.TenantHeader = v },
        { "tenants", new TenantListFormat(), o => o.Tenants, (o, v) => o.Tenants = v },
        { "scoring", new ChoiceFormat<Scoring>(), o => o.Scoring, (o, v) => o.Scoring = v },
        { "scoring_window_minutes", new NumberFormat(0.05, 1440), o => o.ScoringWindowMinutes, (o, v) => o.ScoringWindowMinutes = v },

        // Tier detection
        { "tier_field_name", TextFormats.NotEmpty, o => o.TierFieldName, (o, v) => o.TierFieldName = v },
        { "tier_header", TextFormats.OptionalHeader, o => o.TierHeader, (o, v) => o.TierHeader = v },
        { "tier_peek_bytes", Whole(1024, 16 << 20), o => o.TierPeekBytes, (o, v) => o.TierPeekBytes = v },

        // Database and life cycle
        { "db_max_open_conns", PoolSize, o => o.DbMaxOpenConns, (o, v) => o.DbMaxOpenConns = v },
        { "db_max_idle_conns", PoolSize, o => o.DbMaxIdleConns, (o, v) => o.DbMaxIdleConns = v },
        { "db_conn_max_lifetime", PoolSize, o => o.DbConnMaxLifetime, (o, v) => o.DbConnMaxLifetime = v },
        {
            "cleanup_interval_seconds", Whole(1, Day), o => o.CleanupIntervalSeconds, (o, v) => o.CleanupIntervalSeconds = v,
            new("cleanup-interval", "SECONDS", "time between clean-ups of the database"), "CLEANUP_INTERVAL"
        },
        { "shutdown_timeout_seconds", Whole(1, Hour), o => o.ShutdownTimeoutSeconds, (o, v) => o.ShutdownTimeoutSeconds = v },
        { "stats_retention_hours", Whole(0, 87_600), o => o.StatsRetentionHours, (o, v) => o.StatsRetentionHours = v },

        // Health checks
        { "health_check_enabled", Boolean, o => o.HealthCheckEnabled, (o, v) => o.HealthCheckEnabled = v },
        { "health_check_type", new ChoiceFormat<HealthCheckType>(), o => o.HealthCheckType, (o, v) => o.HealthCheckType = v },
        { "health_check_interval_seconds", Whole(1, Hour), o => o.HealthCheckIntervalSeconds, (o, v) => o.HealthCheckIntervalSeconds = v },
        { "health_check_timeout_seconds", Whole(1, 5 * Minute), o => o.HealthCheckTimeoutSeconds, (o, v) => o.HealthCheckTimeoutSeconds = v },
        { "health_check_path", TextFormats.Path, o => o.HealthCheckPath, (o, v) => o.HealthCheckPath = v },
        { "health_check_unhealthy_threshold", Whole(1, 1000), o => o.HealthCheckUnhealthyThreshold, (o, v) => o.HealthCheckUnhealthyThreshold = v },
        { "health_check_healthy_threshold", Whole(1, 1000), o => o.HealthCheckHealthyThreshold, (o, v) => o.HealthCheckHealthyThreshold = v },
        { "slow_start_seconds", new IntegerFormat<int>(0, Hour, "0 for none"), o => o.SlowStartSeconds, (o, v) => o.SlowStartSeconds = v },
        { "panic_threshold_pct", new IntegerFormat<int>(0, 100, "0 for never"), o => o.PanicThresholdPct, (o, v) => o.PanicThresholdPct = v },

        // Cluster
        { "cluster", new ChoiceFormat<ClusterMode>(), o => o.Cluster, (o, v) => o.Cluster = v },
        { "cluster_connection", TextFormats.ConnectionString, o => o.ClusterConnection, (o, v) => o.ClusterConnection = v },
        { "cluster_id", TextFormats.Name, o => o.ClusterId, (o, v) => o.ClusterId = v },
        { "service_id", TextFormats.Name, o => o.ServiceId, (o, v) => o.ServiceId = v },
        { "sticky_durability", new ChoiceFormat<StickyDurability>(), o => o.StickyDurability, (o, v) => o.StickyDurability = v },
        { "cluster_tls_cert_file", TextFormats.Any, o => o.ClusterTlsCertFile, (o, v) => o.ClusterTlsCertFile = v },
        { "cluster_tls_key_file", TextFormats.Any, o => o.ClusterTlsKeyFile, (o, v) => o.ClusterTlsKeyFile = v },
        { "cluster_tls_ca_file", TextFormats.Any, o => o.ClusterTlsCaFile, (o, v) => o.ClusterTlsCaFile = v },
        { "advertised_ip", TextFormats.OptionalAddress, o => o.AdvertisedIp, (o, v) => o.AdvertisedIp = v },
        { "silo_port", Whole(1, 65_535), o => o.SiloPort, (o, v) => o.SiloPort = v },
        { "silo_gateway_port", Whole(1, 65_535), o => o.SiloGatewayPort, (o, v) => o.SiloGatewayPort = v },
        { "pool", TextFormats.Pool, o => o.Pool, (o, v) => o.Pool = v },
        { "pools", new TextListFormat(TextFormats.Pool), o => o.Pools, (o, v) => o.Pools = v },

        // Administration
        { "admin_host", TextFormats.ListenHost, o => o.AdminHost, (o, v) => o.AdminHost = v },
        { "admin_port", new IntegerFormat<int>(0, 65_535, "0 for no admin listener"), o => o.AdminPort, (o, v) => o.AdminPort = v },
        { "silo_admin_port", new IntegerFormat<int>(0, 65_535, "0 for no admin listener"), o => o.SiloAdminPort, (o, v) => o.SiloAdminPort = v },
        { "decision_log", TextFormats.Any, o => o.DecisionLog, (o, v) => o.DecisionLog = v },
        { "access_log", TextFormats.Any, o => o.AccessLog, (o, v) => o.AccessLog = v },
        { "otlp_endpoint", TextFormats.OptionalUrl, o => o.OtlpEndpoint, (o, v) => o.OtlpEndpoint = v },
        { "trace_sample_pct", new NumberFormat(0, 100), o => o.TraceSamplePct, (o, v) => o.TraceSamplePct = v },

        // Tiers
        { "tiers", new TierListFormat(), o => o.Tiers, (o, v) => o.Tiers = v.Count > 0 ? v : TierOptions.Defaults },
    };

    private static IntegerFormat<int> Whole(int minimum, int maximum) => new(minimum, maximum);
}
