using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>One host in the index: its latest state, what is reserved on it, and what follows for each tier.</summary>
internal sealed class PlacedHost(string clientId, int tierCount, ProjectedLoad? projected = null) : Region
{
    private long _lastReport = long.MinValue;
    private int _reports;
    private int _cores;
    private int _freeCores;
    private long _memory;
    private long _disk;
    private long _reservedVcpu;
    private long _reservedMemory;
    private long _reservedDisk;
    private int[]? _unfitSince;
    private double _latencyMs;
    private RefusalReason _stateRefusal;

    /// <summary>The host's identity.</summary>
    public string ClientId { get; } = clientId;

    /// <summary>Latest state.</summary>
    public HostSnapshot Snapshot { get; private set; } = null!;

    /// <summary>Its GPU cards.</summary>
    public HostCards Cards { get; } = new(fitsTightly: projected is not null);

    /// <summary>Score without distance and slow start, per tier.</summary>
    public double[] Bases { get; } = new double[tierCount];

    /// <summary>Why it is not a candidate, per tier; kept up to date by the index.</summary>
    public RefusalReason[] Refusals { get; } = new RefusalReason[tierCount];

    /// <summary>Whether the request at hand asked not to use it.</summary>
    public bool IsExcluded { get; set; }

    /// <summary>The first of its reservations.</summary>
    public Reservation? FirstReservation { get; private set; }

    /// <summary>Its reservations.</summary>
    public IEnumerable<Reservation> Reservations
    {
        get
        {
            for (var reservation = FirstReservation; reservation is not null; reservation = reservation.NextOnHost)
            {
                yield return reservation;
            }
        }
    }

    /// <summary>How many reservations it has.</summary>
    public int ReservationCount { get; private set; }

    /// <summary>Cores that are neither busy nor reserved; negative after a report that took away what was reserved. A core that is reserved and by the
    /// projected load's estimate shown as busy by the report counts once. Not so memory: who runs out of that is killed, not slowed.</summary>
    public long FreeVcpu => (projected is null ? _freeCores : Math.Min(_cores, _freeCores + projected.ShownVcpu)) - _reservedVcpu;

    /// <summary>Memory that is neither used nor reserved, kB.</summary>
    public long FreeMemory => _memory - _reservedMemory;

    /// <summary>Disk that is neither used nor reserved, kB.</summary>
    public long FreeDisk => _disk - _reservedDisk;

    /// <inheritdoc/>
    public override double Low(int tier) => Refusals[tier] == RefusalReason.None ? Score(tier) : double.PositiveInfinity;

    /// <summary>Whether reservations count in its score.</summary>
    public bool IsStartingSlowly => Snapshot.SlowStartLeft > 0;

    /// <summary>What is added to the score during a slow start: 100 for each reservation that the host has and for the one that is asked for, times the share
    /// of the slow start still ahead.</summary>
    public double SlowStartPenalty => LoadTerms.SlowStartWeight * Snapshot.SlowStartLeft * (1 + ReservationCount);

    /// <summary>Score without distance.</summary>
    public double Score(int tier) => Bases[tier] + SlowStartPenalty;

    /// <summary>Its load as it will be; null where scores take it as reported.</summary>
    public ProjectedLoad? Projected => projected;

    /// <summary>Scores anew what time, grants and reports have changed; classic scores change with reports alone.</summary>
    public void Project(ReadOnlySpan<TierNeed> needs, long nowMs)
    {
        if (projected is null)
        {
            return;
        }

        projected.Refresh(nowMs);
        for (var tier = 0; tier < needs.Length; tier++)
        {
            Bases[tier] = projected.Terms(needs[tier], Cards).Sum + _latencyMs;
        }
    }

    /// <summary>Ingests the host's latest state. A new report is judged for overload.</summary>
    public void Observe(HostSnapshot snapshot, ReadOnlySpan<TierNeed> needs, long nowMs)
    {
        Snapshot = snapshot;
        Centre = new(snapshot.Registration.Place);
        _stateRefusal = JudgeState(snapshot);
        Cards.Observe(snapshot);
        var load = snapshot.Load;
        _cores = load is null ? 0 : load.CpuUsage.Length;
        _freeCores = load is null ? 0 : LoadTerms.CountFreeCores(load.CpuUsage);
        _memory = load is null ? 0 : Quantity.FromGb(load.MemoryAvailableGb);
        _disk = load is null ? 0 : Quantity.FromGb(load.DiskAvailableGb);
        Score(needs, nowMs);

        if (load is not null && snapshot.ReportSequence != _lastReport)
        {
            _lastReport = snapshot.ReportSequence;
            JudgeOverload(needs);
        }
    }

    private void Score(ReadOnlySpan<TierNeed> needs, long nowMs)
    {
        var terms = LoadTerms.Of(Snapshot);
        _latencyMs = terms.LatencyMs;
        if (projected is not null)
        {
            projected.Observe(Snapshot, nowMs);
            Project(needs, nowMs);
            return;
        }

        LoadTerms.AverageCpu(Snapshot.Load?.CpuUsage ?? [], needs, Bases);
        for (var tier = 0; tier < needs.Length; tier++)
        {
            Bases[tier] = terms.Sum(Bases[tier], needs[tier].Cards > 0);
        }
    }

    /// <summary>The first filter that refuses a tier here.</summary>
    public RefusalReason Judge(in TierNeed need) =>
        _stateRefusal != RefusalReason.None ? _stateRefusal
        : Shortage(need) is var shortage and not RefusalReason.None ? shortage
        : IsExcluded ? RefusalReason.Excluded
        : RefusalReason.None;

    /// <summary>What the host has too little of for a tier. A tier without vCPU is never short of cores.</summary>
    public RefusalReason Shortage(in TierNeed need) =>
        need.Vcpu > 0 && FreeVcpu < need.Vcpu ? RefusalReason.Cpu
        : FreeMemory < need.Memory ? RefusalReason.Memory
        : FreeDisk < need.Disk ? RefusalReason.Disk
        : need.Cards > 0 && !Cards.Fit(need) ? RefusalReason.Gpu
        : RefusalReason.None;

    /// <summary>Reserves resources.</summary>
    public void Take(in TierNeed need, ImmutableArray<int> gpuIds)
    {
        _reservedVcpu += need.Vcpu;
        _reservedMemory += need.Memory;
        _reservedDisk += need.Disk;
        if (!gpuIds.IsEmpty)
        {
            Cards.Hold(gpuIds);
        }
    }

    /// <summary>Undoes <see cref="Take"/>.</summary>
    public void GiveBack(in TierNeed need, ImmutableArray<int> gpuIds)
    {
        _reservedVcpu -= need.Vcpu;
        _reservedMemory -= need.Memory;
        _reservedDisk -= need.Disk;
        if (!gpuIds.IsEmpty)
        {
            Cards.Free(gpuIds);
        }
    }

    /// <summary>Adds a reservation to the host's list.</summary>
    public void Attach(Reservation reservation)
    {
        reservation.PreviousOnHost = null;
        reservation.NextOnHost = FirstReservation;
        if (FirstReservation is { } next)
        {
            next.PreviousOnHost = reservation;
        }

        FirstReservation = reservation;
        ReservationCount++;
    }

    /// <summary>Takes a reservation out of the host's list.</summary>
    public void Detach(Reservation reservation)
    {
        if (reservation.PreviousOnHost is { } previous)
        {
            previous.NextOnHost = reservation.NextOnHost;
        }
        else
        {
            FirstReservation = reservation.NextOnHost;
        }

        if (reservation.NextOnHost is { } next)
        {
            next.PreviousOnHost = reservation.PreviousOnHost;
        }

        reservation.PreviousOnHost = null;
        reservation.NextOnHost = null;
        ReservationCount--;
    }

    /// <summary>Whether the tier has not fitted in two reports in a row, counting all reservations.</summary>
    public bool IsOverloaded(int tier) => _unfitSince is { } since && since[tier] != 0 && _reports > since[tier];

    /// <summary>Whether a reservation's tier has not fitted in two reports in a row, not counting that reservation.</summary>
    public bool IsOverloaded(Reservation reservation) => reservation.UnfitUntil == _reports && reservation.UnfitUntil > reservation.UnfitSince;

    private static RefusalReason JudgeState(HostSnapshot host) =>
        !host.IsActive ? RefusalReason.Stale
        : host.IsRefusedForHealth ? RefusalReason.Unhealthy
        : host.Lifecycle != Lifecycle.InService ? RefusalReason.Draining
        : host.Load is null ? RefusalReason.NoReport
        : RefusalReason.None;

    private void JudgeOverload(ReadOnlySpan<TierNeed> needs)
    {
        _reports++;
        var allFit = true;
        for (var tier = 0; tier < needs.Length; tier++)
        {
            var fits = Shortage(needs[tier]) == RefusalReason.None;
            allFit &= fits;
            if (!fits && (_unfitSince ??= new int[needs.Length])[tier] == 0)
            {
                _unfitSince[tier] = _reports;
            }
            else if (fits && _unfitSince is not null)
            {
                _unfitSince[tier] = 0;
            }
        }

        for (var reservation = allFit ? null : FirstReservation; reservation is not null; reservation = reservation.NextOnHost)
        {
            if (reservation.Tier.Number == ReservedTier.Gone || reservation.IsUncounted || _unfitSince![reservation.Tier.Number] == 0)
            {
                continue;
            }

            GiveBack(reservation.Tier.Need, reservation.GpuIds);
            var isShort = Shortage(needs[reservation.Tier.Number]) != RefusalReason.None;
            Take(reservation.Tier.Need, reservation.GpuIds);
            if (isShort)
            {
                reservation.UnfitSince = reservation.UnfitUntil == _reports - 1 && reservation.UnfitUntil != 0 ? reservation.UnfitSince : _reports;
                reservation.UnfitUntil = _reports;
            }
        }
    }
}
