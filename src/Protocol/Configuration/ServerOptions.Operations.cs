namespace Opsen.Protocol.Configuration;

/// <content>What operators look at.</content>
public sealed partial class ServerOptions
{
    /// <summary>Admin listener's address, as <see cref="Host"/>.</summary>
    public string AdminHost { get; set; } = "127.0.0.1";

    /// <summary>Admin listener's port; 0 = no admin listener.</summary>
    public int AdminPort { get; set; } = 9901;

    /// <summary>Admin port of <c>opsen-silo</c>, which may read the same file as the gateway beside it; 0 = no admin listener.</summary>
    public int SiloAdminPort { get; set; } = 9902;

    /// <summary>File that gets a line of JSON for every request; "-" = standard output, empty = none.</summary>
    public string AccessLog { get; set; } = "";

    /// <summary>File that gets a line of JSON for what this process's indexes hear and decide, for <c>opsen-gateway replay</c>; empty = none.</summary>
    public string DecisionLog { get; set; } = "";

    /// <summary>URL of an OpenTelemetry collector (OTLP over gRPC), which gets traces and metrics; empty = none.</summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>Share of the requests without a sampling decision of their caller that are traced, percent.</summary>
    public double TraceSamplePct { get; set; } = 1;
}
