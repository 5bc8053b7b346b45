namespace Opsen.Grains.Placement;

/// <summary>What of a sum of sessions, each of which lives for a random time, an average over a window does not show yet (more than zero), or still shows
/// though it has ended (less).</summary>
internal struct UnseenSum
{
    private double _live;
    private double _seen;
    private long _at;

    /// <summary>The sum.</summary>
    /// <param name="nowMs">Now.</param>
    /// <param name="lifeMs">Mean life of a part: after it 1/e is left.</param>
    /// <param name="lagMs">How far the average lags behind: half its window.</param>
    public readonly double At(long nowMs, double lifeMs, double lagMs)
    {
        var (live, seen) = Advance(nowMs, lifeMs, lagMs);
        return live - seen;
    }

    /// <summary>A part begins.</summary>
    public void Add(double amount, long nowMs, double lifeMs, double lagMs)
    {
        (_live, _seen) = Advance(nowMs, lifeMs, lagMs);
        (_live, _at) = (Math.Max(0, _live + amount), nowMs);
    }

    /// <summary>A part that began at an earlier time has ended: what was left of it goes.</summary>
    public void Remove(double amount, long addedAtMs, long nowMs, double lifeMs, double lagMs) =>
        Add(-amount * Math.Exp((addedAtMs - nowMs) / lifeMs), nowMs, lifeMs, lagMs);

    /// <summary>The average follows what is live with its lag: <c>seen' = (live - seen) / lag</c> while <c>live' = -live / life</c>.</summary>
    private readonly (double Live, double Seen) Advance(long nowMs, double lifeMs, double lagMs)
    {
        var elapsed = Math.Max(0, nowMs - _at);
        var (live, seen) = (Math.Exp(-elapsed / lifeMs), Math.Exp(-elapsed / lagMs));
        var followed = Math.Abs(lifeMs - lagMs) < 1e-3 * lagMs ? elapsed / lagMs * live : lifeMs / (lifeMs - lagMs) * (live - seen);
        return (_live * live, (_seen * seen) + (_live * followed));
    }
}
