using System.Diagnostics.Metrics;
using Opsen.Grains.Telemetry;

namespace Opsen.Grains.Fleet;

/// <summary>What this process knows of its fleets, as metrics. They are read when somebody asks for them and cost nothing otherwise.</summary>
public sealed class FleetMetrics : IDisposable
{
    private const string PoolTag = "pool";

    private readonly FleetViews _fleets;
    private readonly TimeProvider _time;
    private readonly Meter _meter;

    /// <summary>Publishes the instruments.</summary>
    public FleetMetrics(FleetViews fleets, TimeProvider time, IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        (_fleets, _time) = (fleets, time);
        _meter = meters.Create(OpsenMeter.Name);
        _meter.CreateObservableGauge(
            "opsen.hosts", CountByState, "{host}", "Hosts by the first thing that keeps new sessions from them; in_service when nothing does");
        _meter.CreateObservableGauge("opsen.hosts.slow_start", CountSlowStarts, "{host}", "Hosts in service that take traffic gradually (slow_start_seconds)");
        _meter.CreateObservableGauge(
            "opsen.hosts.oldest_report", TellOldestReport, "s", "Age of the oldest report of an active host; longer than interval_seconds when agents come late");
        _meter.CreateObservableGauge(
            "opsen.pool.panic", TellPanic, description: "1 while so many hosts of the pool are unhealthy that routing ignores health (panic_threshold_pct)");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    /// <summary>Every state, also those in which no host is: an alert compares with zero, not with nothing.</summary>
    private IEnumerable<Measurement<int>> CountByState()
    {
        foreach (var fleet in _fleets.All)
        {
            var counts = fleet.Entries.CountBy(static entry => HostStates.Of(entry.Snapshot)).ToDictionary(StringComparer.Ordinal);
            foreach (var state in HostStates.All)
            {
                yield return new(counts.GetValueOrDefault(state), new(PoolTag, fleet.Pool), new("state", state));
            }
        }
    }

    private IEnumerable<Measurement<int>> CountSlowStarts() => _fleets.All.Select(static fleet => new Measurement<int>(
        fleet.Entries.Count(static entry => entry.Snapshot is { SlowStartLeft: > 0, TakesSessions: true }), new KeyValuePair<string,
            object?>(PoolTag, fleet.Pool)));

    private IEnumerable<Measurement<double>> TellOldestReport() => _fleets.All.Select(fleet => new Measurement<double>(
        fleet.Entries.Where(static entry => entry.Snapshot.IsActive)
            .Select(entry => Math.Max(0, (_time.GetUtcNow() - entry.Snapshot.LastSeen).TotalSeconds))
            .DefaultIfEmpty(0)
            .Max(),
        new KeyValuePair<string, object?>(PoolTag, fleet.Pool)));

    private IEnumerable<Measurement<int>> TellPanic() => _fleets.All.Select(static fleet =>
        new Measurement<int>(fleet.IsPanic ? 1 : 0, new KeyValuePair<string, object?>(PoolTag, fleet.Pool)));
}
