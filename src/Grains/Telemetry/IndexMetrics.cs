using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Opsen.Grains.Interfaces;

namespace Opsen.Grains.Telemetry;

/// <summary>What the indexes in this process hold, as metrics: reservations and room for more sessions. Each index writes its figures every few seconds, so
/// reading them costs the same for any fleet and never waits for a decision.</summary>
public sealed class IndexMetrics : IDisposable
{
    private static readonly (string Name, Func<TierSpec, double> Of)[] Resources =
    [
        ("cores", static tier => tier.Vcpu),
        ("memory_gb", static tier => tier.MemoryGb),
        ("disk_gb", static tier => tier.StorageGb),
        ("cards", static tier => tier.Gpu),
        ("vram_gb", static tier => tier.GpuMemoryGb),
    ];

    private readonly ConcurrentDictionary<string, Figures> _pools = new(StringComparer.Ordinal);
    private readonly Meter _meter;

    /// <summary>Publishes the instruments.</summary>
    public IndexMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create(OpsenMeter.Name);
        _meter.CreateObservableGauge(
            "opsen.tier.room", () => Measure(static figures => figures.Room), "{session}", "How many more sessions of the tier fit, if no other tier's come");
        _meter.CreateObservableGauge(
            "opsen.reservations", () => Measure(static figures => figures.Reservations), "{reservation}", "Live reservations");
        _meter.CreateObservableGauge(
            "opsen.queue.length", () => Measure(static figures => figures.Waiting), "{request}", "Requests that wait for room");
        _meter.CreateObservableGauge("opsen.queue.oldest", MeasureOldest, "s", "How long the request has waited that has waited longest");
        _meter.CreateObservableGauge(
            "opsen.queue.missing", MeasureMissing, description: "What those who wait need together, by resource: cores, memory_gb, disk_gb, cards, vram_gb");
        _meter.CreateObservableGauge(
            "opsen.index.epoch",
            () => _pools.Select(static pool => new Measurement<long>(pool.Value.Epoch, new KeyValuePair<string, object?>("pool", pool.Key))),
            description: "Epoch of the index that decides here; where two processes have one, the higher counts");
    }

    /// <summary>Sets the figures of a pool's index.</summary>
    internal void Set(string pool, Figures figures) => _pools[pool] = figures;

    /// <summary>The index of a pool decides here no more.</summary>
    internal void Remove(string pool) => _pools.TryRemove(pool, out _);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> MeasureOldest() => _pools.SelectMany(pool => pool.Value.Tiers.Select(
        (tier, number) => new Measurement<double>(pool.Value.OldestMs[number] / 1000d, new("pool", pool.Key), new("tier", tier))));

    private IEnumerable<Measurement<double>> MeasureMissing() => _pools.SelectMany(pool => Resources.Select(resource => new Measurement<double>(
        pool.Value.Needs.Select((need, number) => resource.Of(need) * pool.Value.Waiting[number]).Sum(), new("pool", pool.Key), new("resource", resource.Name))));

    private IEnumerable<Measurement<long>> Measure(Func<Figures, ImmutableArray<long>> figures) => _pools.SelectMany(pool => pool.Value.Tiers.Select(
        (tier, number) => new Measurement<long>(figures(pool.Value)[number], new("pool", pool.Key), new("tier", tier))));

    /// <summary>The figures of one index; the arrays have an element for each tier.</summary>
    /// <param name="Epoch">Its epoch.</param>
    /// <param name="Tiers">The tiers' names.</param>
    /// <param name="Room">How many more sessions fit.</param>
    /// <param name="Reservations">Live reservations.</param>
    /// <param name="Waiting">Requests that wait for room.</param>
    /// <param name="OldestMs">How long the one has waited that has waited longest, ms.</param>
    /// <param name="Needs">What a session needs.</param>
    internal sealed record Figures(
        long Epoch,
        ImmutableArray<string> Tiers,
        ImmutableArray<long> Room,
        ImmutableArray<long> Reservations,
        ImmutableArray<long> Waiting,
        ImmutableArray<long> OldestMs,
        ImmutableArray<TierSpec> Needs);
}
