using System.Diagnostics.Metrics;
using Opsen.Grains.Fleet;

namespace Opsen.Gateway.Routing;

/// <summary>Counts decisions that spilled: they were made in another pool than the gateway's first one.</summary>
internal sealed class SpillMetrics : IDisposable
{
    private readonly GatewayFleet _fleet;
    private readonly Meter _meter;
    private readonly Counter<long> _spills;

    /// <summary>Publishes the counter.</summary>
    public SpillMetrics(GatewayFleet fleet, IMeterFactory meters)
    {
        _fleet = fleet;
        _meter = meters.Create(FleetMetrics.MeterName);
        _spills = _meter.CreateCounter<long>(
            "opsen.decisions.spilled", description: "Decisions made in another pool than the first of pools, because those before it had no room");
    }

    /// <summary>Counts a new decision, if it spilled.</summary>
    public void Note(string pool)
    {
        if (_fleet.HasSpilled(pool))
        {
            _spills.Add(1, new KeyValuePair<string, object?>("pool", pool));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
