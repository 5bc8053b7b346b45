using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Backends;

/// <summary>What a host said of itself when it registered; checked and normalised by the gateway.</summary>
[GenerateSerializer, Immutable, Alias("opsen.BackendRegistration")]
public sealed record BackendRegistration
{
    /// <summary>Stable identity.</summary>
    [Id(0)]
    public required string ClientId { get; init; }

    /// <summary>Pool whose index holds the host.</summary>
    [Id(1)]
    public required string Pool { get; init; }

    /// <summary>Name shown to people.</summary>
    [Id(2)]
    public string Hostname { get; init; } = "";

    /// <summary>Public address, or empty.</summary>
    [Id(3)]
    public string PublicIp { get; init; } = "";

    /// <summary>Local address, or empty.</summary>
    [Id(4)]
    public string LocalIp { get; init; } = "";

    /// <summary>Where the host is; unknown when absent.</summary>
    [Id(5)]
    public GeoPoint Place { get; init; }

    /// <summary>Country code, or empty.</summary>
    [Id(6)]
    public string Country { get; init; } = "";

    /// <summary>City, or empty.</summary>
    [Id(7)]
    public string City { get; init; } = "";

    /// <summary>Logical cores.</summary>
    [Id(8)]
    public int TotalCpu { get; init; }

    /// <summary>Memory, GB.</summary>
    [Id(9)]
    public double TotalMemoryGb { get; init; }

    /// <summary>Disk, GB.</summary>
    [Id(10)]
    public double TotalStorageGb { get; init; }

    /// <summary>GPU cards.</summary>
    [Id(11)]
    public int TotalGpus { get; init; }

    /// <summary>Model of each card.</summary>
    [Id(12)]
    public ImmutableArray<string> GpuModels { get; init; } = [];

    /// <summary>Endpoints with their path patterns; never empty, the first is the main one.</summary>
    [Id(13)]
    public required ImmutableArray<BackendEndpoint> Endpoints { get; init; }

    /// <summary>Whether the host named no pool, so that it is in the one of its gateway and follows that; null where an older version did not store
    /// it.</summary>
    [Id(14)]
    public bool? IsPoolOfGateway { get; init; }

    /// <summary>URL of the main endpoint.</summary>
    public string Endpoint => Endpoints[0].Url;

    /// <summary>What makes that endpoint one host's only; see <see cref="Backends.EndpointKey"/>.</summary>
    public string EndpointKey => Backends.EndpointKey.Of(Endpoint);
}

/// <summary>One URL of a host.</summary>
/// <param name="Url">Absolute http or https URL without a trailing slash.</param>
/// <param name="Paths">Path patterns that it serves; empty for a host with one endpoint.</param>
[GenerateSerializer, Immutable, Alias("opsen.BackendEndpoint")]
public sealed record BackendEndpoint([property: Id(0)] string Url, [property: Id(1)] ImmutableArray<string> Paths);
