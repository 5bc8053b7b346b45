using System.Text.Json.Serialization;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>What is stored of a host.</summary>
[GenerateSerializer, Alias("opsen.BackendState")]
public sealed record BackendState : IUnreadableState
{
    /// <summary>The host as last published; null when it is not registered.</summary>
    [Id(0)]
    public HostSnapshot? Host { get; set; }

    /// <summary>When this identity first registered.</summary>
    [Id(1)]
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>Health of each endpoint.</summary>
    [Id(2)]
    public List<StoredEndpointHealth> Endpoints { get; set; } = [];

    /// <inheritdoc/>
    [Id(3), JsonIgnore]
    public string? Unreadable { get; set; }
}

/// <summary>What is stored of an endpoint's health.</summary>
/// <param name="Url">The endpoint.</param>
/// <param name="Status">Its status.</param>
/// <param name="LatencyMs">Smoothed latency of its probes.</param>
[GenerateSerializer, Immutable, Alias("opsen.StoredEndpointHealth")]
public sealed record StoredEndpointHealth(
    [property: Id(0)] string Url, [property: Id(1)] HealthStatus Status, [property: Id(2)] double LatencyMs);
