namespace Opsen.Agent.Sampling;

/// <summary>The mean of how much of an amount is used. Never more than the amount is now: when that changes (memory of a virtual machine that shrinks, a card
/// that is divided), what was used before says nothing about it any more.</summary>
internal sealed class AmountWindow(TimeSpan window)
{
    /// <summary>A change of the total by a larger share makes it another one. Less is what ballooning does all the time.</summary>
    private const double SameTotal = 0.01;

    private readonly GaugeWindow _used = new(window);

    /// <summary>The amount at the newest sample, bytes.</summary>
    public long Total { get; private set; }

    /// <summary>What was used at the newest sample, bytes.</summary>
    public long Used { get; private set; }

    /// <summary>Adds a sample.</summary>
    /// <param name="now">When it was taken, seconds of a <see cref="SampleClock"/>.</param>
    /// <param name="total">The amount, bytes.</param>
    /// <param name="used">How much of it is used, bytes.</param>
    public void Add(double now, long total, long used)
    {
        if (Math.Abs(total - Total) > SameTotal * Total)
        {
            _used.Clear();
        }

        (Total, Used) = (total, Math.Clamp(used, 0, total));
        _used.Add(now, Used);
    }

    /// <summary>The mean of what was used, bytes; null when the window holds no sample. See <see cref="GaugeWindow.Mean"/>.</summary>
    public double? MeanUsed(double now, TimeSpan? span = null) => _used.Mean(now, span) is { } used ? Math.Min(used, Total) : null;
}
