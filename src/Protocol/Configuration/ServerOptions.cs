namespace Opsen.Protocol.Configuration;

/// <summary>Every key of <c>server.yml</c> with its default. Each property's YAML key is its name in snake_case.</summary>
public sealed partial class ServerOptions
{
    // Basic

    /// <summary>Main listener's port; 0 = any free port.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>Main listener's address: an IP address, "localhost" or "*" for all.</summary>
    public string Host { get; set; } = "0.0.0.0";

    /// <summary>SQLite file.</summary>
    public string Database { get; set; } = "/opt/opsen/opsen.db";

    /// <summary>Minutes without a report after which a host is out of routing.</summary>
    public int StaleMinutes { get; set; } = 5;

    /// <summary>Least severity logged.</summary>
    public LogThreshold LogLevel { get; set; } = LogThreshold.Info;

    /// <summary>Log as JSON lines.</summary>
    public bool JsonLogging { get; set; }

    // Security

    /// <summary>Key that agents send in <c>X-API-Key</c>; empty = none.</summary>
    public string ServerKey { get; set; } = "";

    /// <summary>Further accepted keys.</summary>
    public IReadOnlyList<ApiKeyOptions> ApiKeys { get; set; } = [];

    /// <summary>Addresses and CIDR ranges (<see cref="AddressRange"/>) that may call the management API; empty = all.</summary>
    public IReadOnlyList<string> WhitelistedIps { get; set; } = [];

    /// <summary>Requests a minute and client address; 0 = no limit.</summary>
    public int RateLimitPerMinute { get; set; } = 60;

    /// <summary>Requests a client address may send at once.</summary>
    public int RateLimitBurst { get; set; } = 120;

    /// <summary>Registrations and reports without a key, a minute and address; not limited where <see cref="RateLimitPerMinute"/> is 0.</summary>
    public int RateLimitAgentsPerMinute { get; set; } = 6000;

    /// <summary>API calls a minute with one key; 0 = no limit.</summary>
    public int RateLimitKeysPerMinute { get; set; }

    /// <summary>Whether every connection begins with a PROXY protocol header, which says who the client is.</summary>
    public bool ProxyProtocol { get; set; }

    /// <summary>Host names that the main listener answers to; empty = all.</summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Connections that a client address may have; 0 = a quarter of what all may have.</summary>
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Proxied requests in progress, WebSockets and event streams among them; 0 = no limit.</summary>
    public int MaxConcurrentRequests { get; set; }

    /// <summary>Proxied requests that wait, a second at most, while <see cref="MaxConcurrentRequests"/> are in progress.</summary>
    public int MaxQueuedRequests { get; set; } = 100;

    /// <summary>Sessions that may be stored, one a session and tier; 0 = no limit.</summary>
    public long MaxSessions { get; set; } = 5_000_000;

    /// <summary>Hosts that may be registered; 0 = no limit.</summary>
    public int MaxHosts { get; set; } = 100_000;

    /// <summary>Pools that hosts may name beside <see cref="Pool"/> and <see cref="Pools"/>; 0 = no limit.</summary>
    public int MaxPools { get; set; } = 1000;

    /// <summary>Header fields of a request.</summary>
    public int MaxRequestHeaders { get; set; } = 100;

    /// <summary>Header fields of a request together, bytes.</summary>
    public int MaxRequestHeaderBytes { get; set; } = 32_768;

    /// <summary>Largest request body, bytes.</summary>
    public long MaxRequestBodyBytes { get; set; } = 10_485_760;

    /// <summary>Bound on reading a request and on waiting for the backend's response, seconds.</summary>
    public int RequestTimeoutSeconds { get; set; } = 30;

    /// <summary>Keep-alive time of an idle client connection, seconds.</summary>
    public int IdleTimeoutSeconds { get; set; } = 120;

    /// <summary>Bound on reading a request's head, seconds.</summary>
    public int ReadHeaderTimeoutSeconds { get; set; } = 10;

    /// <summary>Silence of both sides of a WebSocket after which it ends, seconds; 0 = never.</summary>
    public int WebsocketIdleTimeoutSeconds { get; set; }

    /// <summary>Leave out the security headers.</summary>
    public bool DisableSecurityHeaders { get; set; }

    /// <summary>Addresses and CIDR ranges (<see cref="AddressRange"/>) of proxies whose <c>X-Forwarded-For</c> and <c>X-Real-IP</c> count.</summary>
    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    // TLS

    /// <summary>PEM certificate; empty = plain HTTP.</summary>
    public string TlsCertFile { get; set; } = "";

    /// <summary>PEM private key.</summary>
    public string TlsKeyFile { get; set; } = "";

    /// <summary>Further certificates, each for the names in it.</summary>
    public IReadOnlyList<CertificateOptions> TlsCertificates { get; set; } = [];

    /// <summary>PEM certificates of authorities; who shows a certificate that one of them has signed may do what agents do. Empty = certificates are not asked
    /// for.</summary>
    public string ClientCaFile { get; set; } = "";

    /// <summary>Accept any certificate of a backend.</summary>
    public bool TlsInsecureSkipVerify { get; set; }

    // CORS

    /// <summary>Answer cross-origin requests.</summary>
    public bool EnableCors { get; set; }

    /// <summary>Origins allowed, or "*".</summary>
    public IReadOnlyList<string> CorsAllowedOrigins { get; set; } = [];

    // Reverse proxy

    /// <summary>Path prefixes that are proxied; "/", "*" and "/*" mean every path.</summary>
    public IReadOnlyList<string> ProxyEndpoints { get; set; } = [];

    /// <summary>-1 flush at once, 0 no forced flush, n every n ms.</summary>
    public int ProxySseFlushIntervalMs { get; set; } = -1;

    /// <summary>Bound on connecting to a backend, TLS included, seconds; another host is tried after it.</summary>
    public int ConnectTimeoutSeconds { get; set; } = 2;

    /// <summary>Which <c>Host</c> (<c>:authority</c> in HTTP/2) a backend sees.</summary>
    public BackendHost BackendHost { get; set; }

    /// <summary>Tell users in <c>X-Opsen-*</c> headers of the response how their request was routed.</summary>
    public bool ExposeRoutingHeaders { get; set; }

    /// <summary>How much of a body is searched for the tier, bytes.</summary>
    public int TierPeekBytes { get; set; } = 1_048_576;

    // Geolocation

    /// <summary>GeoLite2-City file; empty = no lookups.</summary>
    public string GeoipDbPath { get; set; } = "";

    // Sticky sessions

    /// <summary>Header with the session's id; empty = none.</summary>
    public string StickyHeader { get; set; } = "";

    /// <summary>Use the client address when the header is absent.</summary>
    public bool StickyByIp { get; set; }

    /// <summary>A new tier of a known session prefers a host that the session already has.</summary>
    public bool StickyAffinityEnabled { get; set; } = true;

    /// <summary>Minutes of disuse after which an assignment is dropped.</summary>
    public int StickyTtlMinutes { get; set; } = 1440;

    /// <summary>What an overloaded host's sessions do.</summary>
    public StickyOnOverload StickyOnOverload { get; set; } = StickyOnOverload.Move;

    /// <summary>Seconds a reservation lasts.</summary>
    public int PendingAllocationTimeoutSeconds { get; set; } = 120;

    // Placement

    /// <summary>Header with the tenant of a request without an API key; empty = none.</summary>
    public string TenantHeader { get; set; } = "";

    /// <summary>How tenants wait for room.</summary>
    public IReadOnlyList<TenantOptions> Tenants { get; set; } = [];

    /// <summary>How hosts are compared.</summary>
    public Scoring Scoring { get; set; } = Scoring.Classic;

    /// <summary>Minutes over which agents average (their <c>window_minutes</c>), for <see cref="Configuration.Scoring.Projected"/>.</summary>
    public double ScoringWindowMinutes { get; set; } = 15;

    // Tier detection

    /// <summary>JSON field and query parameter with the tier.</summary>
    public string TierFieldName { get; set; } = "tier";

    /// <summary>Header with the tier; empty = none.</summary>
    public string TierHeader { get; set; } = "X-Tier";

    // Database

    /// <summary>Most database connections.</summary>
    public int DbMaxOpenConns { get; set; } = 25;

    /// <summary>Database connections kept idle.</summary>
    public int DbMaxIdleConns { get; set; } = 5;

    /// <summary>Life of a database connection, seconds.</summary>
    public int DbConnMaxLifetime { get; set; } = 300;

    /// <summary>Seconds between clean-ups of the database.</summary>
    public int CleanupIntervalSeconds { get; set; } = 60;

    /// <summary>Seconds that an orderly stop waits for requests in flight.</summary>
    public int ShutdownTimeoutSeconds { get; set; } = 30;

    /// <summary>Hours that reports are kept; 0 = none is.</summary>
    public int StatsRetentionHours { get; set; } = 24;

    // Health checks

    /// <summary>Probe the hosts.</summary>
    public bool HealthCheckEnabled { get; set; } = true;

    /// <summary>How.</summary>
    public HealthCheckType HealthCheckType { get; set; } = HealthCheckType.Tcp;

    /// <summary>Seconds between probes of a host.</summary>
    public int HealthCheckIntervalSeconds { get; set; } = 10;

    /// <summary>Bound on one probe, seconds.</summary>
    public int HealthCheckTimeoutSeconds { get; set; } = 2;

    /// <summary>Path of an HTTP probe.</summary>
    public string HealthCheckPath { get; set; } = "/health";

    /// <summary>Failures in a row that make a host unhealthy.</summary>
    public int HealthCheckUnhealthyThreshold { get; set; } = 3;

    /// <summary>Successes in a row that make a host healthy.</summary>
    public int HealthCheckHealthyThreshold { get; set; } = 2;

    /// <summary>Seconds in which a host that registered or recovered comes up to its full share of new sessions; 0 = at once.</summary>
    public int SlowStartSeconds { get; set; }

    /// <summary>Share of a pool's hosts, percent, of which more must be unhealthy at once for routing to ignore health; 0 = never.</summary>
    public int PanicThresholdPct { get; set; } = 50;

    // Tiers

    /// <summary>The tiers; <see cref="TierOptions.Defaults"/> when the file names none.</summary>
    public IReadOnlyList<TierOptions> Tiers { get; set; } = TierOptions.Defaults;

    // Not a key

    /// <summary>Keys that the file, a variable or a flag named, at any value; for a key whose default depends on another, such as <c>silo_port</c>.</summary>
    public IReadOnlySet<string> ExplicitKeys { get; set; } = new HashSet<string>();
}
