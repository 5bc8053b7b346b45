using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Derives a host's health from its endpoints': it is unhealthy when all of them are, healthy when one of them is.</summary>
internal sealed class HostHealth(HealthCheckSettings checks)
{
    /// <summary>The endpoints, the main one first.</summary>
    public ImmutableArray<EndpointHealth> Endpoints { get; private set; } = [];

    /// <summary>The host's status.</summary>
    public HealthStatus Status { get; private set; }

    /// <summary>URLs of the endpoints that do not serve; empty when the host as a whole does not.</summary>
    public ImmutableArray<string> Down { get; private set; } = [];

    /// <summary>Latency of the first healthy endpoint; of the main one when none is, ms.</summary>
    public double LatencyMs =>
        (Endpoints.FirstOrDefault(endpoint => endpoint.Status == HealthStatus.Healthy) ?? Endpoints.FirstOrDefault())?.LatencyMs ?? 0;

    /// <summary>Takes the endpoints of a registration; what is known of an endpoint that stays is kept.</summary>
    public void Follow(ImmutableArray<BackendEndpoint> endpoints)
    {
        Endpoints =
        [
            .. endpoints.Select(endpoint => endpoint.Url).Distinct(StringComparer.Ordinal).Select(url => Find(url)
                ?? new EndpointHealth(url, new HealthTracker(checks.UnhealthyThreshold, checks.HealthyThreshold))),
        ];
        Merge();
    }

    /// <summary>Restores the stored health of the endpoints; one that was not stored is unknown.</summary>
    public void Restore(IReadOnlyCollection<StoredEndpointHealth> stored)
    {
        foreach (var endpoint in stored)
        {
            Find(endpoint.Url)?.Restore(endpoint.Status, endpoint.LatencyMs);
        }

        Merge();
    }

    /// <summary>The endpoint with this URL, or null.</summary>
    public EndpointHealth? Find(string url) => Endpoints.FirstOrDefault(endpoint => endpoint.Url == url);

    /// <summary>To be called when an endpoint's status changed. True when the host's status changed with it.</summary>
    public bool Merge()
    {
        var previous = Status;
        Status = Endpoints.Any(endpoint => endpoint.Status == HealthStatus.Healthy) ? HealthStatus.Healthy
            : Endpoints.Length > 0 && Endpoints.All(endpoint => endpoint.Status == HealthStatus.Unhealthy) ? HealthStatus.Unhealthy
            : HealthStatus.Unknown;
        Down = Status == HealthStatus.Unhealthy
            ? []
            : [.. Endpoints.Where(endpoint => endpoint.Status == HealthStatus.Unhealthy).Select(endpoint => endpoint.Url)];
        return Status != previous;
    }

    /// <summary>What is to be stored.</summary>
    public List<StoredEndpointHealth> Export() =>
        [.. Endpoints.Select(endpoint => new StoredEndpointHealth(endpoint.Url, endpoint.Status, endpoint.LatencyMs))];
}
