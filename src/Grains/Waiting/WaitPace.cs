namespace Opsen.Grains.Waiting;

/// <summary>How often a tier is served from the waiting room: the mean of the latest intervals, and of the one that goes on.</summary>
internal struct WaitPace
{
    private const double Memory = 20;

    private long _last;
    private double _meanMs;
    private double _count;

    /// <summary>One is served.</summary>
    public void Note(long nowMs)
    {
        if (_last > 0)
        {
            _count = Math.Min(Memory, _count + 1);
            _meanMs += (nowMs - _last - _meanMs) / _count;
        }

        _last = nowMs;
    }

    /// <summary>Time between two, ms; null when too few were served to know.</summary>
    public readonly double? IntervalMs(long nowMs) =>
        _count == 0 ? null : Math.Max(_meanMs, (nowMs - _last) / (_count + 1));
}
