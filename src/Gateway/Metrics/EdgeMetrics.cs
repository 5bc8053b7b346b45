using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Metrics;

/// <summary>Counts what the main listener turned away and what failed in it.</summary>
internal sealed class EdgeMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _refusedConnections;
    private readonly Counter<long> _refusedRequests;
    private readonly Counter<long> _failures;

    /// <summary>Publishes the counters.</summary>
    public EdgeMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(OpsenMeter.Name);
        _refusedConnections = _meter.CreateCounter<long>("opsen.connections.refused", description: "Client connections that were closed before their first request, by reason");
        _refusedRequests = _meter.CreateCounter<long>("opsen.requests.refused", description: "Proxied requests that max_concurrent_requests kept out");
        _failures = _meter.CreateCounter<long>("opsen.requests.failed", description: "Requests that failed by a fault of the gateway and got 500");
    }

    /// <summary>Counts a connection that was closed at once.</summary>
    /// <param name="reason">Why, as a word or two with underscores.</param>
    public void RefusedConnection(string reason) => _refusedConnections.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a request that found no place.</summary>
    public void RefusedRequest() => _refusedRequests.Add(1);

    /// <summary>Counts a fault.</summary>
    public void Failed() => _failures.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
