using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>The window of one card.</summary>
internal sealed class GpuTrack(TimeSpan window)
{
    private readonly GaugeWindow _utilization = new(window);
    private readonly GaugeWindow _memoryUsed = new(window);
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
        Add(_memoryUsed, now, reading.MemoryUsedBytes);
        Add(_temperature, now, reading.TemperatureC);
        Add(_power, now, reading.PowerW);
    }

    /// <summary>The means over the window that ends at <paramref name="now"/>.</summary>
    public GpuMeans Means(double now) => new(
        _newest.Card,
        Mean(_utilization, now, _newest.UtilizationPct),
        Mean(_memoryUsed, now, _newest.MemoryUsedBytes),
        _newest.MemoryTotalBytes,
        Mean(_temperature, now, _newest.TemperatureC),
        Mean(_power, now, _newest.PowerW));

    // A value that the card no longer reports is unknown, even if the window still has some.
    private static double? Mean(GaugeWindow window, double now, double? newest) => newest is null ? null : window.Mean(now);

    private static void Add(GaugeWindow window, double now, double? value)
    {
        if (value is { } sample)
        {
            window.Add(now, sample);
        }
    }
}
