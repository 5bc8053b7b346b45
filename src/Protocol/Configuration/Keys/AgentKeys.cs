using Opsen.Protocol.Configuration.Values;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>The keys of <c>client.yml</c>.</summary>
internal static class AgentKeys
{
    private const double MinWindow = 0.05;
    private const int Day = 1440;

    private static readonly BooleanFormat Boolean = new();

    private const string OwnRetries = "does nothing, as in the Go program; the agent tries again for as long as it takes, less often while nobody answers";

    // Before the table, which is made of it.
    private static readonly Dictionary<string, string> NeverRead = new(StringComparer.Ordinal)
    {
        ["json_logging"] = "does nothing, as in the Go program",
        ["max_registration_retries"] = OwnRetries,
        ["registration_retry_delay_seconds"] = OwnRetries,
        ["circuit_breaker_threshold"] = OwnRetries,
        ["circuit_breaker_timeout_seconds"] = OwnRetries,
    };

    /// <summary>The keys, in the order and groups of deploy/client.defaults.yml.</summary>
    public static KeyTable<AgentOptions> Table { get; } = new("deploy/client.defaults.yml lists every key", NeverRead)
    {
        // Basic
        {
            "server_url", TextFormats.Url, o => o.ServerUrl, (o, v) => o.ServerUrl = v,
            new("server", "URL", "the gateway's URL")
        },
        { "server_key", TextFormats.OptionalSecret, o => o.ServerKey, (o, v) => o.ServerKey = v },
        { "endpoint_url", TextFormats.OptionalUrl, o => o.EndpointUrl, (o, v) => o.EndpointUrl = v },
        { "endpoints", new EndpointListFormat(), o => o.Endpoints, (o, v) => o.Endpoints = v },
        { "pool", TextFormats.OptionalPool, o => o.Pool, (o, v) => o.Pool = v },

        // Metrics
        {
            "window_minutes", new NumberFormat(MinWindow, Day), o => o.WindowMinutes, (o, v) => o.WindowMinutes = v,
            new("window", "MINUTES", "averaging window")
        },
        {
            "report_interval_seconds", new IntegerFormat<int>(1, 3600), o => o.ReportIntervalSeconds, (o, v) => o.ReportIntervalSeconds = v,
            new("interval", "SECONDS", "time between reports"), "INTERVAL_SECONDS"
        },
        { "report_change_pct", new NumberFormat(0, 100), o => o.ReportChangePct, (o, v) => o.ReportChangePct = v },
        {
            "disk_path", TextFormats.NotEmpty, o => o.DiskPath, (o, v) => o.DiskPath = v,
            new("disk", "PATH", "disk to watch")
        },
        { "cores", TextFormats.Cores, o => o.Cores, (o, v) => o.Cores = v },

        // Identity
        {
            "client_id", TextFormats.Any, o => o.ClientId, (o, v) => o.ClientId = v,
            new("id", "ID", "identity of this host")
        },
        { "hostname", TextFormats.Any, o => o.Hostname, (o, v) => o.Hostname = v },
        { "state_dir", TextFormats.Any, o => o.StateDir, (o, v) => o.StateDir = v },

        // Geolocation
        { "skip_geolocation", Boolean, o => o.SkipGeolocation, (o, v) => o.SkipGeolocation = v },
        { "geoip_db_path", TextFormats.Any, o => o.GeoipDbPath, (o, v) => o.GeoipDbPath = v },
        { "geoip_url", TextFormats.OptionalUrl, o => o.GeoipUrl, (o, v) => o.GeoipUrl = v },

        // Logging and TLS
        { "log_level", new ChoiceFormat<LogThreshold>(), o => o.LogLevel, (o, v) => o.LogLevel = v },
        { "client_cert_file", TextFormats.Any, o => o.ClientCertFile, (o, v) => o.ClientCertFile = v },
        { "client_key_file", TextFormats.Any, o => o.ClientKeyFile, (o, v) => o.ClientKeyFile = v },
        { "insecure_tls", Boolean, o => o.InsecureTls, (o, v) => o.InsecureTls = v },

        // Life cycle
        { "drain_on_shutdown", Boolean, o => o.DrainOnShutdown, (o, v) => o.DrainOnShutdown = v },
        { "agent_check_port", new IntegerFormat<int>(0, 65_535, "0 for none"), o => o.AgentCheckPort, (o, v) => o.AgentCheckPort = v },
    };
}
