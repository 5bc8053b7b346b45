using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>
/// One core's time since it was first seen, and what that was at each slot of the window. Each kind of time is judged by itself, because kernels get single
/// ones wrong: one that goes back (idle and iowait do), or further forward than time allows (a difference that fell below zero shows as 2⁶⁴ ns), has not moved.
/// </summary>
internal sealed class CoreTrack(int id, int slots)
{
    private readonly CoreSums[] _at = new CoreSums[slots];
    private CoreCounter _last;
    private CoreSums _sums;
    private long _firstSlot;

    /// <summary>Whether there is one reading alone, which says nothing.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The kernel's number of the core.</summary>
    public int Id { get; } = id;

    /// <summary>The sample in which the core was last seen.</summary>
    public long SeenAt { get; set; }

    /// <summary>Starts again with a first reading, before <paramref name="nextSlot"/> is opened.</summary>
    public void Restart(in CoreCounter reading, long nextSlot)
    {
        _last = reading;
        _sums = default;
        IsNew = true;
        _firstSlot = nextSlot;
    }

    /// <summary>Adds what passed since the reading before.</summary>
    /// <param name="reading">The core's counters.</param>
    /// <param name="maxStep">The most that one of them can have grown.</param>
    public void Advance(in CoreCounter reading, double maxStep)
    {
        for (var kind = CoreTime.User; kind <= CoreTime.Steal; kind++)
        {
            var step = unchecked(reading[kind] - _last[kind]);
            if (step >= 0 && step <= maxStep)
            {
                _sums.Add(kind, step);
            }
        }

        _last = reading;
        IsNew = false;
    }

    /// <summary>Keeps the present time for a slot.</summary>
    public void Mark(long slot) => _at[slot % slots] = _sums;

    /// <summary>The core's time since slot <paramref name="oldest"/>.</summary>
    public CoreSums Since(long oldest) => _sums.Minus(oldest >= _firstSlot ? _at[oldest % slots] : default);
}

/// <summary>A core's time by what matters here, in the sensor's unit.</summary>
internal struct CoreSums
{
    /// <summary>Working; <see cref="Steal"/> is in it.</summary>
    public long Busy;

    /// <summary>Waiting; <see cref="Iowait"/> is in it.</summary>
    public long Idle;

    /// <summary>Taken by the hypervisor.</summary>
    public long Steal;

    /// <summary>Waiting for a disk.</summary>
    public long Iowait;

    /// <summary>All of it.</summary>
    public readonly long Total => Busy + Idle;

    /// <summary>Adds time of a kind.</summary>
    public void Add(CoreTime kind, long time)
    {
        if (CoreCounter.IsIdle(kind))
        {
            Idle += time;
        }
        else
        {
            Busy += time;
        }

        Steal += kind == CoreTime.Steal ? time : 0;
        Iowait += kind == CoreTime.Iowait ? time : 0;
    }

    /// <summary>Adds another's time.</summary>
    public void Add(in CoreSums other)
    {
        Busy += other.Busy;
        Idle += other.Idle;
        Steal += other.Steal;
        Iowait += other.Iowait;
    }

    /// <summary>What passed since <paramref name="earlier"/>.</summary>
    public readonly CoreSums Minus(in CoreSums earlier) => new()
    {
        Busy = Busy - earlier.Busy,
        Idle = Idle - earlier.Idle,
        Steal = Steal - earlier.Steal,
        Iowait = Iowait - earlier.Iowait,
    };
}
