namespace Opsen.Protocol.Configuration;

/// <summary>Every key of <c>client.yml</c> with its default. Each property's YAML key is its name in snake_case.</summary>
public sealed class AgentOptions
{
    /// <summary>The gateway's URL.</summary>
    public string ServerUrl { get; set; } = "http://localhost:8080";

    /// <summary>Key sent in <c>X-API-Key</c>; empty = none.</summary>
    public string ServerKey { get; set; } = "";

    /// <summary>URL at which this backend serves; empty = <c>http://{local_ip}:11000</c>.</summary>
    public string EndpointUrl { get; set; } = "";

    /// <summary>Several URLs with their path patterns; empty = <see cref="EndpointUrl"/> alone.</summary>
    public IReadOnlyList<EndpointOptions> Endpoints { get; set; } = [];

    /// <summary>Averaging window, minutes; fractions are allowed.</summary>
    public double WindowMinutes { get; set; } = 15;

    /// <summary>Seconds between reports.</summary>
    public int ReportIntervalSeconds { get; set; } = 60;

    /// <summary>Disk to watch.</summary>
    public string DiskPath { get; set; } = "/";

    /// <summary>Identity; empty = made once and kept in <see cref="StateDir"/>.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>Name shown to people; empty = the system's.</summary>
    public string Hostname { get; set; } = "";

    /// <summary>Register without a place.</summary>
    public bool SkipGeolocation { get; set; }

    /// <summary>GeoLite2-City file by which the host finds its place; empty = one in <see cref="StateDir"/>.</summary>
    public string GeoipDbPath { get; set; } = "";

    /// <summary>Where that file is fetched when it is missing or a month old, and the host has a public address; empty = nowhere.</summary>
    public string GeoipUrl { get; set; } = "https://cyqle-opsen.s3.us-east-2.amazonaws.com/GeoLite2-City.mmdb";

    /// <summary>Least severity logged.</summary>
    public LogThreshold LogLevel { get; set; } = LogThreshold.Info;

    /// <summary>PEM certificate with which the agent shows the gateway who it is; empty = none.</summary>
    public string ClientCertFile { get; set; } = "";

    /// <summary>PEM private key of <see cref="ClientCertFile"/>.</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>Accept any certificate of the gateway.</summary>
    public bool InsecureTls { get; set; }

    /// <summary>Cores that this backend owns, such as "0-3,8" (<see cref="CoreList"/>); empty = all.</summary>
    public string Cores { get; set; } = "";

    /// <summary>Directory in which the identity is kept; empty = the system's usual place.</summary>
    public string StateDir { get; set; } = "";

    /// <summary>Report early when a value moved by this many percent points; 0 = only by the clock.</summary>
    public double ReportChangePct { get; set; } = 20;

    /// <summary>Drain this host when the agent stops in order.</summary>
    public bool DrainOnShutdown { get; set; } = true;

    /// <summary>Port of the agent's own load check; 0 = none.</summary>
    public int AgentCheckPort { get; set; }

    /// <summary>Pool that this host joins; empty = the gateway's own.</summary>
    public string Pool { get; set; } = "default";
}

/// <summary>An entry of <c>endpoints</c> in <c>client.yml</c>.</summary>
public sealed record EndpointOptions
{
    /// <summary>An absolute http or https URL.</summary>
    public required string Url { get; init; }

    /// <summary>Path patterns that it serves.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}
