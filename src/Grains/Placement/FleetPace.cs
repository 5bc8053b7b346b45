namespace Opsen.Grains.Placement;

/// <summary>What sessions cost and how long they last over the whole fleet, lately: what a single host is compared with.</summary>
/// <param name="tierCount">How many tiers there are.</param>
internal sealed class FleetPace(int tierCount)
{
    /// <summary>Time after which a grant or a reading counts 1/e, ms.</summary>
    public const double MemoryMs = 4 * 3600e3;

    /// <summary>Fewer sessions than these tell nothing.</summary>
    private const int LeastSessions = 50;

    /// <summary>How many sessions of a tier its usual time is the mean of.</summary>
    private const double TierMemory = 1000;
    private const double LeastShown = 0.2;

    private readonly TierTimes[] _times = new TierTimes[tierCount];
    private FadingSum _grantedVcpu;
    private FadingSum _busyMs;
    private FadingSum _cores;
    private int _sessions;

    /// <summary>A session was granted on any host.</summary>
    public void Granted(double vcpu, long nowMs)
    {
        _sessions = Math.Min(LeastSessions, _sessions + 1);
        _grantedVcpu.Add(vcpu, nowMs, MemoryMs);
    }

    /// <summary>What was granted before is not, for another grant.</summary>
    public void Withdrawn(double vcpu, long nowMs) => _grantedVcpu.Add(vcpu, nowMs, MemoryMs);

    /// <summary>Cores of any host were busy for so long, in a time in which they could have been for <paramref name="couldMs"/>.</summary>
    public void Used(double busyMs, double couldMs, long nowMs)
    {
        _busyMs.Add(busyMs, nowMs, MemoryMs);
        _cores.Add(couldMs, nowMs, MemoryMs);
    }

    /// <summary>Busy time for each core that was granted, ms; 0 while too little is known.</summary>
    public double CostMs(long nowMs) =>
        _sessions < LeastSessions || _grantedVcpu.At(nowMs, MemoryMs) is not (> 0 and var granted) ? 0 : _busyMs.At(nowMs, MemoryMs) / granted;

    /// <summary>Cores granted for each ms of a core that there was; 0 while too little is known.</summary>
    public double GrantedRate(long nowMs) =>
        _sessions < LeastSessions || _cores.At(nowMs, MemoryMs) is not (> 0 and var cores) ? 0 : _grantedVcpu.At(nowMs, MemoryMs) / cores;

    /// <summary>A session of a tier has held its reservation for so long.</summary>
    /// <returns>How much longer than usual for the tier, as a part of that. Where reservations end by themselves before the sessions do, the difference
    /// between hosts shows only in those that end before: it is enlarged by their part of the time.</returns>
    public double Held(int tier, double heldMs, bool isExpired)
    {
        ref var times = ref _times[tier];
        times.Count = Math.Min(TierMemory, times.Count + 1);
        times.HeldMs += (heldMs - times.HeldMs) / times.Count;
        times.ReleasedMs += ((isExpired ? 0 : heldMs) - times.ReleasedMs) / times.Count;
        return times.HeldMs <= 0 ? 0 : ((heldMs / times.HeldMs) - 1) / Math.Max(LeastShown, times.ReleasedMs / times.HeldMs);
    }

    private struct TierTimes
    {
        public double Count;
        public double HeldMs;
        public double ReleasedMs;
    }
}
