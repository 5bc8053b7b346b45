using System.Diagnostics.Metrics;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Fleet;

/// <summary>What this process knows of its fleets, as metrics. They are read when somebody asks for them and cost nothing otherwise.</summary>
public sealed class FleetMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Opsen.Fleet";

    private const string PoolTag = "pool";

    private readonly FleetViews _fleets;
    private readonly Meter _meter;

    /// <summary>Publishes the instruments.</summary>
    public FleetMetrics(FleetViews fleets, IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _fleets = fleets;
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("opsen.hosts", CountByState, description: "Hosts by the first thing that keeps new sessions from them; in_service when nothing does");
        _meter.CreateObservableGauge("opsen.hosts.slow_start", CountSlowStarts, description: "Hosts in service that take traffic gradually (slow_start_seconds)");
        _meter.CreateObservableGauge("opsen.pool.panic", TellPanic, description: "1 while so many hosts of the pool are unhealthy that routing ignores health (panic_threshold_pct)");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string StateOf(HostSnapshot host) =>
        !host.IsActive ? "stale"
        : host.Health == HealthStatus.Unhealthy ? "unhealthy"
        : host.Lifecycle switch
        {
            Lifecycle.InService => host.Load is null ? "no_report" : "in_service",
            Lifecycle.Draining => "draining",
            Lifecycle.Drained => "drained",
            _ => "maintenance",
        };

    private IEnumerable<Measurement<int>> CountByState() => _fleets.All.SelectMany(static fleet => fleet.Entries
        .CountBy(static entry => StateOf(entry.Snapshot))
        .Select(count => new Measurement<int>(count.Value, new(PoolTag, fleet.Pool), new("state", count.Key))));

    private IEnumerable<Measurement<int>> CountSlowStarts() => _fleets.All.Select(static fleet => new Measurement<int>(
        fleet.Entries.Count(static entry => entry.Snapshot is { SlowStartLeft: > 0, TakesSessions: true }), new KeyValuePair<string,
            object?>(PoolTag, fleet.Pool)));

    private IEnumerable<Measurement<int>> TellPanic() => _fleets.All.Select(static fleet =>
        new Measurement<int>(fleet.IsPanic ? 1 : 0, new KeyValuePair<string, object?>(PoolTag, fleet.Pool)));
}
