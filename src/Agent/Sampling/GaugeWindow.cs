namespace Opsen.Agent.Sampling;

/// <summary>The mean of a gauge's samples over a window.</summary>
internal sealed class GaugeWindow
{
    private readonly SlotRing _slots;
    private readonly double[] _sums;
    private readonly int[] _counts;

    /// <summary>Makes an empty window.</summary>
    /// <param name="window">Its length.</param>
    public GaugeWindow(TimeSpan window)
    {
        _slots = new SlotRing(window);
        _sums = new double[_slots.Capacity];
        _counts = new int[_slots.Capacity];
    }

    /// <summary>Adds a sample.</summary>
    /// <param name="now">When it was taken, seconds of a <see cref="SampleClock"/>.</param>
    /// <param name="value">The sample.</param>
    public void Add(double now, double value)
    {
        _slots.Evict(now);
        if (_slots.TryOpen(now))
        {
            var opened = Index(_slots.Next - 1);
            _sums[opened] = 0;
            _counts[opened] = 0;
        }

        var newest = Index(_slots.Next - 1);
        _sums[newest] += value;
        _counts[newest]++;
    }

    /// <summary>Forgets all samples.</summary>
    public void Clear() => _slots.Clear();

    /// <summary>The mean of the samples in the window that ends at <paramref name="now"/>; null when it holds none.</summary>
    /// <param name="now">The end.</param>
    /// <param name="span">The last part of the window that counts; null = all of it.</param>
    public double? Mean(double now, TimeSpan? span = null)
    {
        _slots.Evict(now);
        double sum = 0;
        var count = 0;
        for (var slot = span is { } length ? _slots.Begin(now, length) : _slots.Oldest; slot < _slots.Next; slot++)
        {
            sum += _sums[Index(slot)];
            count += _counts[Index(slot)];
        }

        return count == 0 ? null : sum / count;
    }

    private int Index(long slot) => (int)(slot % _slots.Capacity);
}
