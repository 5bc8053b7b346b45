using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>
/// One core's time since it was first seen, and what that was at each slot of the window. The kernel's own counters may step back
/// (idle and iowait do); only steps forward are added.
/// </summary>
internal sealed class CoreTrack(int id, int slots)
{
    private readonly long[] _busyAt = new long[slots];
    private readonly long[] _idleAt = new long[slots];
    private CoreCounter _last;
    private long _busy;
    private long _idle;
    private long _firstSlot;

    /// <summary>The kernel's number of the core.</summary>
    public int Id { get; } = id;

    /// <summary>The sample in which the core was last seen.</summary>
    public long SeenAt { get; set; }

    /// <summary>Starts again with a first reading, before <paramref name="nextSlot"/> is opened.</summary>
    public void Restart(CoreCounter reading, long nextSlot)
    {
        _last = reading;
        _busy = 0;
        _idle = 0;
        _firstSlot = nextSlot;
    }

    /// <summary>Adds what passed since the reading before.</summary>
    public void Advance(CoreCounter reading)
    {
        _busy += Math.Max(0, reading.Busy - _last.Busy);
        _idle += Math.Max(0, reading.Idle - _last.Idle);
        _last = reading;
    }

    /// <summary>Keeps the present time for a slot.</summary>
    public void Mark(long slot)
    {
        _busyAt[slot % slots] = _busy;
        _idleAt[slot % slots] = _idle;
    }

    /// <summary>Share of the time since slot <paramref name="oldest"/> that was busy, percent; null when no time passed.</summary>
    public double? UsageSince(long oldest)
    {
        var known = oldest >= _firstSlot;
        var busy = _busy - (known ? _busyAt[oldest % slots] : 0);
        var idle = _idle - (known ? _idleAt[oldest % slots] : 0);
        return busy + idle > 0 ? 100.0 * busy / (busy + idle) : null;
    }
}
