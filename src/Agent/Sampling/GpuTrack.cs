using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>The window of one card.</summary>
internal sealed class GpuTrack(TimeSpan window)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly GaugeWindow _utilization = new(window);
    private readonly AmountWindow _memory = new(window);
    private readonly GaugeWindow _temperature = new(window);
    private readonly GaugeWindow _power = new(window);
    private GpuReading _newest;

    /// <summary>The card as it was last seen.</summary>
    public GpuIdentity Card => _newest.Card;

    /// <summary>When it was last seen, by the monotonic clock.</summary>
    public long ReadTimestamp { get; private set; }

    /// <summary>Adds a reading; missing values are not counted.</summary>
    public void Add(double now, long timestamp, in GpuReading reading)
    {
        (_newest, ReadTimestamp) = (reading, timestamp);
        Add(_utilization, now, reading.UtilizationPct);
        if (reading is { MemoryTotalBytes: { } total, MemoryUsedBytes: { } used })
        {
            _memory.Add(now, total, used);
        }

        Add(_temperature, now, reading.TemperatureC);
        Add(_power, now, reading.PowerW);
    }

    /// <summary>The means over the window that ends at <paramref name="now"/>.</summary>
    public GpuMeans Means(double now) => new(_newest)
    {
        UtilizationPct = Mean(_utilization, now, _newest.UtilizationPct),
        UtilizationPctLastMinute = Mean(_utilization, now, _newest.UtilizationPct, Minute),
        MemoryUsedBytes = _newest.MemoryUsedBytes is null ? null : _memory.MeanUsed(now),
        TemperatureC = Mean(_temperature, now, _newest.TemperatureC),
        PowerW = Mean(_power, now, _newest.PowerW),
    };

    /// <summary>Adds how much of the VRAM is used now and the utilization in the last minute, percent; NaN for what is not known.</summary>
    public void AddVitals(double now, List<double> values)
    {
        values.Add(_newest is { MemoryTotalBytes: > 0 and var total, MemoryUsedBytes: { } used } ? 100.0 * used / total : double.NaN);
        values.Add(Mean(_utilization, now, _newest.UtilizationPct, Minute) ?? double.NaN);
    }

    // A value that the card no longer reports is unknown, even if the window still has some.
    private static double? Mean(GaugeWindow window, double now, double? newest, TimeSpan? span = null) => newest is null ? null : window.Mean(now, span);

    private static void Add(GaugeWindow window, double now, double? value)
    {
        if (value is { } sample)
        {
            window.Add(now, sample);
        }
    }
}
