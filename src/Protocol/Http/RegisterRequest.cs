namespace Opsen.Protocol.Http;

/// <summary>Body of <c>POST /register</c>: a host and its fixed properties.</summary>
public sealed record RegisterRequest
{
    /// <summary>Stable identity of the host; required.</summary>
    public string? ClientId { get; init; }

    /// <summary>Name shown to people.</summary>
    public string? Hostname { get; init; }

    /// <summary>Public address, used for GeoIP when no coordinates are given. The Go agent sends "unknown" when it has none.</summary>
    public string? PublicIp { get; init; }

    /// <summary>Address in the host's own network, used for the default endpoint.</summary>
    public string? LocalIp { get; init; }

    /// <summary>Degrees north, -90 to 90.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east, -180 to 180.</summary>
    public double? Longitude { get; init; }

    /// <summary>ISO 3166 country code.</summary>
    public string? Country { get; init; }

    /// <summary>City name.</summary>
    public string? City { get; init; }

    /// <summary>Logical cores.</summary>
    public int? TotalCpu { get; init; }

    /// <summary>Memory in GB.</summary>
    public double? TotalMemoryGb { get; init; }

    /// <summary>Disk in GB.</summary>
    public double? TotalStorageGb { get; init; }

    /// <summary>Number of GPU cards; absent or 0 when there is none.</summary>
    public int? TotalGpus { get; init; }

    /// <summary>Model name of each card.</summary>
    public IReadOnlyList<string>? GpuModels { get; init; }

    /// <summary>URL at which the host serves; see <see cref="Endpoints"/> for several.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>URLs with the paths that each serves; the first is the host's main endpoint.</summary>
    public IReadOnlyList<EndpointEntry>? Endpoints { get; init; }

    /// <summary>Pool that the host joins; absent means the gateway's own.</summary>
    public string? Pool { get; init; }
}

/// <summary>One URL of a host and the path patterns that it serves.</summary>
public sealed record EndpointEntry
{
    /// <summary>An absolute http or https URL.</summary>
    public string? Url { get; init; }

    /// <summary>Exact paths, prefixes, or patterns with <c>*</c> and <c>?</c>.</summary>
    public IReadOnlyList<string>? Paths { get; init; }
}
