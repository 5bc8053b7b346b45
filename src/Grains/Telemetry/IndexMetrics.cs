using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Opsen.Grains.Telemetry;

/// <summary>What the indexes in this process hold, as metrics: reservations and room for more sessions. Each index writes its figures every few seconds, so
/// reading them costs the same for any fleet and never waits for a decision.</summary>
public sealed class IndexMetrics : IDisposable
{
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

    private IEnumerable<Measurement<long>> Measure(Func<Figures, ImmutableArray<long>> figures) => _pools.SelectMany(pool => pool.Value.Tiers.Select(
        (tier, number) => new Measurement<long>(figures(pool.Value)[number], new("pool", pool.Key), new("tier", tier))));

    /// <summary>The figures of one index; the arrays have an element for each tier.</summary>
    /// <param name="Epoch">Its epoch.</param>
    /// <param name="Tiers">The tiers' names.</param>
    /// <param name="Room">How many more sessions fit.</param>
    /// <param name="Reservations">Live reservations.</param>
    internal sealed record Figures(long Epoch, ImmutableArray<string> Tiers, ImmutableArray<long> Room, ImmutableArray<long> Reservations);
}
