using System.Collections.Concurrent;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Proxy;

/// <summary>What this gateway has sent to each host, for <see cref="AdminListener.HostMetricsPath"/>. A host that leaves the fleet is forgotten.</summary>
internal sealed class HostTraffic : IHostSeriesSource, IDisposable
{
    private readonly ConcurrentDictionary<string, Counters> _hosts = new(StringComparer.Ordinal);
    private readonly GatewayFleet _fleet;

    /// <summary>Starts to follow the fleet.</summary>
    public HostTraffic(GatewayFleet fleet)
    {
        _fleet = fleet;
        fleet.Follow(Follow);
    }

    /// <summary>A request is sent to a host.</summary>
    public void Begin(string clientId)
    {
        var counters = _hosts.GetOrAdd(clientId, static _ => new());
        Interlocked.Increment(ref counters.Requests);
        Interlocked.Increment(ref counters.Active);
    }

    /// <summary>A request that was sent to a host has ended there.</summary>
    /// <param name="clientId">The host.</param>
    /// <param name="hasFailed">Whether the host did not give a response that could be passed on.</param>
    public void End(string clientId, bool hasFailed)
    {
        if (!_hosts.TryGetValue(clientId, out var counters))
        {
            return;
        }

        Interlocked.Decrement(ref counters.Active);
        if (hasFailed)
        {
            Interlocked.Increment(ref counters.Failures);
        }
    }

    /// <summary>Requests that a host has from this gateway now.</summary>
    public long Active(string clientId) => _hosts.TryGetValue(clientId, out var counters) ? Interlocked.Read(ref counters.Active) : 0;

    /// <inheritdoc/>
    public void Write(HostSeriesWriter writer)
    {
        var hosts = _hosts.Select(pair => (Labels: HostSeriesWriter.Labels(("client_id", pair.Key)), Counters: pair.Value)).ToList();
        writer.Begin("opsen_host_requests_total", "counter", "Requests that this gateway sent to the host, retries counted again");
        hosts.ForEach(host => writer.Add(host.Labels, Interlocked.Read(ref host.Counters.Requests)));
        writer.Begin("opsen_host_failures_total", "counter", "Those of them that the host did not answer");
        hosts.ForEach(host => writer.Add(host.Labels, Interlocked.Read(ref host.Counters.Failures)));
        writer.Begin("opsen_host_active_requests", "gauge", "Requests in progress, WebSockets and event streams among them");
        hosts.ForEach(host => writer.Add(host.Labels, Interlocked.Read(ref host.Counters.Active)));
    }

    /// <inheritdoc/>
    public void Dispose() => _fleet.Unfollow(Follow);

    private void Follow(FleetChanges changes)
    {
        foreach (var clientId in changes.Removed.Where(clientId => _fleet.Find(clientId) is null))
        {
            _hosts.TryRemove(clientId, out _);
        }
    }

    private sealed class Counters
    {
        public long Requests;
        public long Failures;
        public long Active;
    }
}
