namespace Opsen.Agent.Sampling;

/// <summary>
/// The times at which a window keeps values: one a second for short windows, else about <see cref="SlotsPerWindow"/> of them, so the memory
/// does not grow with the window. What a window covers differs from its length by at most half a step. Every operation is O(1) per sample.
/// </summary>
internal sealed class SlotRing
{
    private const double SlotsPerWindow = 90;
    private const double MinStepSeconds = 1;

    // Samples come once a second: one that is a little early still opens its slot.
    private const double EarlySeconds = 0.5;

    private readonly double[] _times;
    private readonly double _window;
    private readonly double _step;

    /// <summary>Makes an empty ring.</summary>
    /// <param name="window">Length of the window.</param>
    public SlotRing(TimeSpan window)
    {
        _window = window.TotalSeconds;
        _step = Math.Max(MinStepSeconds, _window / SlotsPerWindow);
        _times = new double[(int)((_window + (_step / 2)) / (_step - EarlySeconds)) + 2];
    }

    /// <summary>Number of slots that may be kept at a time; values belong at a slot's number modulo this.</summary>
    public int Capacity => _times.Length;

    /// <summary>Number of the oldest slot kept.</summary>
    public long Oldest { get; private set; }

    /// <summary>Number of the slot that will be opened next.</summary>
    public long Next { get; private set; }

    /// <summary>Whether no slot is kept.</summary>
    public bool IsEmpty => Oldest == Next;

    /// <summary>Drops the slots that left the window.</summary>
    public void Evict(double now)
    {
        while (!IsEmpty && _times[Oldest % Capacity] + (_step / 2) < now - _window)
        {
            Oldest++;
        }
    }

    /// <summary>Drops all slots.</summary>
    public void Clear() => Oldest = Next;

    /// <summary>The slot at which a span that ends at <paramref name="now"/> begins: the last one that is as old as the span, else the oldest.</summary>
    public long Begin(double now, TimeSpan span)
    {
        var slot = Next - 1;
        while (slot > Oldest && _times[slot % Capacity] > now - span.TotalSeconds + (_step / 2))
        {
            slot--;
        }

        return Math.Max(slot, Oldest);
    }

    /// <summary>Opens slot <see cref="Next"/> when it is due.</summary>
    /// <returns>Whether one was opened.</returns>
    public bool TryOpen(double now)
    {
        if (!IsEmpty && now - _times[(Next - 1) % Capacity] < _step - EarlySeconds)
        {
            return false;
        }

        _times[Next % Capacity] = now;
        Next++;
        return true;
    }
}
