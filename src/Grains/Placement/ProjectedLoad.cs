using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>A host's load as it will be, for <c>scoring: projected</c>: as reported, plus what was granted and cannot be in the reports' averages yet,
/// on a host as fast as it has turned out to be. docs/PLACEMENT.md has the formula and where its constants come from.</summary>
/// <param name="windowMs">Over which time agents average, ms.</param>
/// <param name="fleet">What the host is compared with.</param>
internal sealed class ProjectedLoad(double windowMs, FleetPace fleet)
{
    /// <summary>What sessions are taken to use of the cores, memory and cards that they asked for.</summary>
    private const double CpuUse = 0.4;
    private const double MemoryUse = 0.5;
    private const double CardUse = 0.5;

    private const double PacePoints = 400;
    private const double CardHostPoints = 25;
    private const double SharePoints = 20;
    private const double MostSharePoints = 5;

    /// <summary>A host that was busy for less than this part of what its sessions cost elsewhere is not believed.</summary>
    private const double Credible = 0.4;
    private const double CrediblePrior = 0.02;
    private const double ShortestLifeMs = 1000;

    private readonly double _lagMs = windowMs / 2;
    private FadingSum _grantedVcpu;
    private FadingSum _busyMs;
    private FadingSum _couldMs;
    private HostPace _pace;
    private UnseenSum _unseenVcpu;
    private UnseenSum _unseenMemory;
    private UnseenSum _unseenCards;
    private ShownHolds _shownVcpu = new(windowMs / 2);
    private long _lastReport = long.MinValue;
    private long _reportedAt;
    private int _cores;
    private int _cards;
    private double _busyCores;
    private double _usedKb;
    private double _totalKb;

    // As of the last refresh.
    private double _cpu;
    private double _memoryKb;
    private double _cardsUnseen;
    private double _pacePoints;

    /// <summary>How many of the reserved cores the latest report shows as busy already.</summary>
    public long ShownVcpu => _shownVcpu.Shown;

    /// <summary>A session was granted, maybe before this index knew of it.</summary>
    public void Granted(in TierNeed need, long grantedAtMs, long nowMs)
    {
        _shownVcpu.Begin(need.Vcpu, grantedAtMs, nowMs);
        var lifeMs = LifeMs(nowMs);
        _unseenVcpu.Add(CpuUse * need.Vcpu, nowMs, lifeMs, _lagMs);
        _unseenMemory.Add(MemoryUse * need.Memory, nowMs, lifeMs, _lagMs);
        _unseenCards.Add(CardUse * need.Cards, nowMs, lifeMs, _lagMs);
        _grantedVcpu.Add(need.Vcpu, nowMs, FleetPace.MemoryMs);
        fleet.Granted(need.Vcpu, nowMs);
    }

    /// <summary>A reservation has ended.</summary>
    public void Ended(in TierNeed need, int tier, long grantedAtMs, long nowMs, ReservationEnd how)
    {
        _shownVcpu.End(need.Vcpu, grantedAtMs, nowMs, isInUse: how == ReservationEnd.Expired);
        if (how == ReservationEnd.Displaced)
        {
            // What takes its place is counted.
            var left = -need.Vcpu * Math.Exp((grantedAtMs - nowMs) / FleetPace.MemoryMs);
            _grantedVcpu.Add(left, nowMs, FleetPace.MemoryMs);
            fleet.Withdrawn(left, nowMs);
        }
        else if (tier != ReservedTier.Gone)
        {
            _pace.Add(fleet.Held(tier, nowMs - grantedAtMs, how == ReservationEnd.Expired));
        }

        if (how != ReservationEnd.Expired)
        {
            var lifeMs = LifeMs(nowMs);
            _unseenVcpu.Remove(CpuUse * need.Vcpu, grantedAtMs, nowMs, lifeMs, _lagMs);
            _unseenMemory.Remove(MemoryUse * need.Memory, grantedAtMs, nowMs, lifeMs, _lagMs);
            _unseenCards.Remove(CardUse * need.Cards, grantedAtMs, nowMs, lifeMs, _lagMs);
        }
    }

    /// <summary>Ingests the host's latest state.</summary>
    public void Observe(HostSnapshot host, long nowMs)
    {
        if (host.Load is not { } load)
        {
            return;
        }

        (_cores, _cards) = (load.CpuUsage.Length, load.Gpus.Length);
        _busyCores = 0;
        foreach (var core in load.CpuUsage)
        {
            _busyCores += LoadTerms.Percent(core) / 100;
        }

        (_usedKb, _totalKb) = (Quantity.FromGb(load.MemoryUsedGb), Quantity.FromGb(load.MemoryTotalGb));
        if (host.ReportSequence == _lastReport)
        {
            return;
        }

        var elapsedMs = _lastReport == long.MinValue ? 0 : Math.Min(nowMs - _reportedAt, windowMs);
        (_lastReport, _reportedAt) = (host.ReportSequence, nowMs);
        _shownVcpu.Reported(nowMs);
        _busyMs.Add(_busyCores * elapsedMs, nowMs, FleetPace.MemoryMs);
        _couldMs.Add(_cores * elapsedMs, nowMs, FleetPace.MemoryMs);
        fleet.Used(_busyCores * elapsedMs, _cores * elapsedMs, nowMs);
    }

    /// <summary>Brings what <see cref="Terms"/> uses up to a time.</summary>
    public void Refresh(long nowMs)
    {
        var lifeMs = LifeMs(nowMs);
        _cpu = Busy(nowMs) + _unseenVcpu.At(nowMs, lifeMs, _lagMs);
        _memoryKb = _usedKb + _unseenMemory.At(nowMs, lifeMs, _lagMs);
        _cardsUnseen = _cards == 0 ? 0 : _unseenCards.At(nowMs, lifeMs, _lagMs) / _cards;
        _pacePoints = (PacePoints * (_pace.Cost - 1)) + Share(nowMs);
    }

    /// <summary>The terms of the score of a tier, with one more session of it.</summary>
    public ProjectedTerms Terms(in TierNeed need, HostCards cards)
    {
        var cpu = _cores == 0 ? 0 : Points(_cpu + (CpuUse * need.Vcpu), _cores);
        var memory = _totalKb <= 0 ? MemoryPoints(1) : MemoryPoints((_memoryKb + need.Memory) / _totalKb);
        var gpu = need.Cards == 0 ? (_cards > 0 ? CardHostPoints : 0)
            : Points((cards.MeanUse(need) / 100) + _cardsUnseen + CardUse, 1);
        return new(cpu, memory, gpu, _pacePoints);
    }

    /// <summary>What a use of so many of so many costs: little up to three quarters, then steeply more.</summary>
    private static double Points(double used, double all)
    {
        const double knee = 0.8;
        var part = Math.Max(0, used / all);
        var overKnee = part / knee * (part / knee);
        return (30 * part) + (100 * overKnee * overKnee);
    }

    private static double MemoryPoints(double part) => (30 * Math.Max(0, part)) + (500 * Math.Max(0, part - 0.85));

    /// <summary>Mean life of a session: the core time that one core granted goes with, over what is used of it.</summary>
    private double LifeMs(long nowMs) => fleet.CostMs(nowMs) is > 0 and var cost ? Math.Max(ShortestLifeMs, cost / CpuUse) : windowMs;

    /// <summary>Busy cores as reported, or what the host's sessions cost elsewhere where it reports much less than that for long.</summary>
    private double Busy(long nowMs)
    {
        var couldMs = _couldMs.At(nowMs, FleetPace.MemoryMs);
        var usualMs = fleet.CostMs(nowMs) * _grantedVcpu.At(nowMs, FleetPace.MemoryMs);
        var priorMs = CrediblePrior * _cores * FleetPace.MemoryMs;
        return couldMs > 0 && _busyMs.At(nowMs, FleetPace.MemoryMs) + priorMs < Credible * (usualMs + priorMs)
            ? Math.Max(_busyCores, Math.Min(1, usualMs / couldMs) * _cores)
            : _busyCores;
    }

    /// <summary>A little more for who got more than others lately: hosts that differ by chance alone take turns.</summary>
    private double Share(long nowMs)
    {
        var usual = fleet.GrantedRate(nowMs) * _couldMs.At(nowMs, FleetPace.MemoryMs);
        return usual <= 0 ? 0
            : Math.Clamp(SharePoints * ((_grantedVcpu.At(nowMs, FleetPace.MemoryMs) / usual) - 1), -MostSharePoints, MostSharePoints);
    }
}

/// <summary>The terms of a projected score, in points.</summary>
/// <param name="Cpu">Of cores.</param>
/// <param name="Memory">Of memory.</param>
/// <param name="Gpu">Of the cards that the session would get; for a tier without cards, what keeps it from hosts that have some.</param>
/// <param name="Pace">Of how fast the host has turned out to be, and of its share of the grants.</param>
internal readonly record struct ProjectedTerms(double Cpu, double Memory, double Gpu, double Pace)
{
    /// <summary>Their sum.</summary>
    public double Sum => Cpu + Memory + Gpu + Pace;
}
