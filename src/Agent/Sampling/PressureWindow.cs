using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>Share of a window in which programs waited: the difference of the cumulative counters between its two ends.</summary>
internal sealed class PressureWindow
{
    private readonly SlotRing _slots;
    private readonly PressureReading[] _readings;
    private readonly double[] _times;
    private PressureReading _newest;
    private double _newestAt;

    /// <summary>Makes an empty window.</summary>
    /// <param name="window">Its length.</param>
    public PressureWindow(TimeSpan window)
    {
        _slots = new SlotRing(window);
        _readings = new PressureReading[_slots.Capacity];
        _times = new double[_slots.Capacity];
    }

    /// <summary>Adds a reading.</summary>
    /// <param name="now">When it was taken, seconds of a <see cref="SampleClock"/>.</param>
    /// <param name="reading">The counters.</param>
    public void Add(double now, in PressureReading reading)
    {
        _slots.Evict(now);
        (_newest, _newestAt) = (reading, now);
        if (_slots.TryOpen(now))
        {
            var opened = (_slots.Next - 1) % _slots.Capacity;
            (_readings[opened], _times[opened]) = (reading, now);
        }
    }

    /// <summary>The shares of the window; null while no time has passed.</summary>
    public PressureShares? Read()
    {
        if (_slots.IsEmpty)
        {
            return null;
        }

        var oldest = _slots.Oldest % _slots.Capacity;
        var microseconds = (_newestAt - _times[oldest]) * 1e6;
        var since = _readings[oldest];
        return microseconds <= 0 ? null : new PressureShares(
            Percent(_newest.CpuMicroseconds - since.CpuMicroseconds),
            Percent(_newest.MemoryMicroseconds - since.MemoryMicroseconds),
            Percent(_newest.IoMicroseconds - since.IoMicroseconds));

        double Percent(long waited) => Math.Clamp(100 * waited / microseconds, 0, 100);
    }
}

/// <summary>Share of the time in which at least one program waited, percent.</summary>
/// <param name="CpuPct">For a core.</param>
/// <param name="MemoryPct">For memory.</param>
/// <param name="IoPct">For a disk.</param>
internal sealed record PressureShares(double CpuPct, double MemoryPct, double IoPct);
