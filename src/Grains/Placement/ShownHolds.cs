namespace Opsen.Grains.Placement;

/// <summary>How much of what is reserved on a host its latest report shows already as in use, because the report is an average over a time in which those
/// sessions ran. What is reserved and shown would count twice otherwise.</summary>
/// <remarks>The average follows what is held with a lag of half its window: <c>seen' = (held - seen) / lag</c>. A sum of holds over a time needs no more
/// than its value at the last change. Vcpu and ms.</remarks>
/// <param name="lagMs">The lag.</param>
internal struct ShownHolds(double lagMs)
{
    private double _held;
    private double _seen;
    private long _at;
    private double _shown;
    private long _reportedAt = long.MinValue;

    /// <summary>What the latest report shows, of holds that still last and of those that have ended since.</summary>
    public readonly long Shown => Math.Max(0, (long)Math.Round(_shown));

    /// <summary>A hold begins.</summary>
    /// <param name="amount">Of what.</param>
    /// <param name="sinceMs">When it began: earlier than now where it was held before this index knew of it.</param>
    /// <param name="nowMs">Now.</param>
    public void Begin(int amount, long sinceMs, long nowMs)
    {
        Follow(nowMs);
        _held += amount;
        _seen += amount * Part(sinceMs, nowMs);
        _shown += amount * Part(sinceMs, _reportedAt);
    }

    /// <summary>A hold ends.</summary>
    /// <param name="amount">Of what.</param>
    /// <param name="sinceMs">When it began.</param>
    /// <param name="nowMs">Now.</param>
    /// <param name="isInUse">Whether its session goes on without it: what reports show of that is free no more.</param>
    public void End(int amount, long sinceMs, long nowMs, bool isInUse)
    {
        Follow(nowMs);
        _held -= amount;
        if (isInUse)
        {
            _seen -= amount * Part(sinceMs, nowMs);
            _shown -= amount * Part(sinceMs, _reportedAt);
        }
    }

    /// <summary>A report has come.</summary>
    public void Reported(long nowMs)
    {
        Follow(nowMs);
        (_shown, _reportedAt) = (_seen, nowMs);
    }

    private readonly double Part(long sinceMs, long untilMs) => untilMs <= sinceMs ? 0 : 1 - Math.Exp((sinceMs - untilMs) / lagMs);

    private void Follow(long nowMs)
    {
        _seen = _held + ((_seen - _held) * Math.Exp(-Math.Max(0, nowMs - _at) / lagMs));
        _at = nowMs;
    }
}
