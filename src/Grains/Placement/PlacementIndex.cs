using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Placement;

/// <summary>The hosts of one pool, what is reserved on them, and the choice between them. Choosing and reserving are one step, so no host is ever
/// reserved beyond what it has. For one caller at a time; times are milliseconds of any clock that does not go back.</summary>
internal sealed partial class PlacementIndex
{
    /// <summary>How many tiers an index can have: <see cref="OverloadedTiers"/> has a bit for each.</summary>
    public const int MaxTiers = 64;

    private static readonly RegionTree.Fanout DefaultFanout = new(Hosts: 64, Nodes: 64);

    private readonly TierNeed[] _needs;
    private readonly Dictionary<string, int> _tiers = new(StringComparer.Ordinal);
    private readonly HostTable _hosts;
    private readonly ReservationLedger _ledger;
    private readonly Chooser _chooser;
    private readonly PanicGauge _panic;
    private readonly IPlacementRecorder? _recorder;
    private long _nowMs = long.MinValue;

    /// <summary>An empty index.</summary>
    /// <param name="tiers">The tiers, at most <see cref="MaxTiers"/>, each name once.</param>
    /// <param name="reservationTimeout">How long a reservation lives if it is neither renewed nor released.</param>
    /// <param name="panicThresholdPct">See <see cref="PanicGauge"/>.</param>
    /// <param name="projectedWindow">Over which time agents average, for scores of <see cref="ProjectedLoad"/>; null for classic scores.</param>
    /// <param name="recorder">Writes down what happens here; null = nobody.</param>
    public PlacementIndex(
        ImmutableArray<TierSpec> tiers,
        TimeSpan reservationTimeout,
        int panicThresholdPct = 0,
        TimeSpan? projectedWindow = null,
        IPlacementRecorder? recorder = null)
        : this(tiers, reservationTimeout, DefaultFanout, panicThresholdPct, projectedWindow, recorder)
    {
    }

    /// <summary>An empty index whose tree has nodes of another size.</summary>
    internal PlacementIndex(
        ImmutableArray<TierSpec> tiers,
        TimeSpan reservationTimeout,
        RegionTree.Fanout fanout,
        int panicThresholdPct = 0,
        TimeSpan? projectedWindow = null,
        IPlacementRecorder? recorder = null)
    {
        _recorder = recorder;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tiers.Length, MaxTiers, nameof(tiers));
        Tiers = tiers;
        for (var tier = 0; tier < tiers.Length; tier++)
        {
            _tiers.Add(tiers[tier].Name, tier);
        }

        _panic = new(panicThresholdPct);
        _needs = [.. tiers.Select(tier => new TierNeed(tier))];
        _hosts = new(_needs, fanout, projectedWindow);
        _ledger = new(tiers, (long)reservationTimeout.TotalMilliseconds, recorder);
        _chooser = new(tiers, _hosts, _ledger);
    }

    /// <summary>The tiers; everywhere else a tier is its index here.</summary>
    public ImmutableArray<TierSpec> Tiers { get; }

    /// <summary>How many hosts there are.</summary>
    public int HostCount => _hosts.All.Count;

    /// <summary>Whether so many hosts are unhealthy that health is ignored.</summary>
    public bool IsPanic => _panic.IsPanic;

    /// <summary>How many hosts count for panic, and how many of them are unhealthy.</summary>
    public (int Counted, int Unhealthy) Panic => (_panic.Counted, _panic.Unhealthy);

    /// <summary>The hosts, in no order.</summary>
    public IEnumerable<HostSnapshot> Hosts => _hosts.All.Select(host => host.Snapshot);

    /// <summary>The index of the tier with this name.</summary>
    public bool TryGetTier(string name, out int tier) => _tiers.TryGetValue(name, out tier);

    /// <summary>The host's state, or null when it is not here.</summary>
    public HostSnapshot? Find(string clientId) => _hosts.TryGet(clientId, out var host) ? host.Snapshot : null;

    /// <summary>Adds a host or replaces its state; its reservations stay. A report is new when its <see cref="HostSnapshot.ReportSequence"/> is.
    /// Where <see cref="IsPanic"/> turns by that, every unhealthy host has another state then (<see cref="HostSnapshot.IgnoresHealth"/>).</summary>
    public void Upsert(HostSnapshot host, long nowMs)
    {
        Expire(nowMs);
        var hasTurned = _panic.Upsert(host);
        _hosts.Upsert(WithPanic(host));
        if (hasTurned)
        {
            ApplyPanic();
        }

        _recorder?.Heard(host, _nowMs);
    }

    /// <summary>Takes a host out, with its reservations; <see cref="IsPanic"/> may turn by that. False when it is not here.</summary>
    public bool Remove(string clientId)
    {
        if (!_hosts.TryGet(clientId, out var host))
        {
            return false;
        }

        while (host.FirstReservation is { } reservation)
        {
            _ledger.End(reservation, _nowMs, ReservationEnd.Displaced);
        }

        _hosts.Remove(host);
        _recorder?.Left(clientId, _nowMs);
        if (_panic.Remove(clientId))
        {
            ApplyPanic();
        }

        return true;
    }

    /// <summary>Chooses a host and reserves the tier's resources on it. A session that has a live reservation for the tier gets it again, unless its host
    /// may not keep it, is excluded, or the reservation is the one to be replaced; then it moves, and the old reservation, which counts against no host
    /// meanwhile, ends when the new one is granted. With <see cref="PlacementQuery.IsProvisional"/> the one to be replaced is only set aside, on the books
    /// of its host, until <see cref="Settle"/>. A <see cref="PlacementQuery.ReservationId"/> that is live is granted again as it is.</summary>
    public RouteOutcome Place(in PlacementQuery query, long nowMs, out Placement placement)
    {
        Expire(nowMs);
        if (query.ReservationId != Guid.Empty && _ledger.Find(query.ReservationId) is { } granted)
        {
            placement = new(
                granted.Host.Snapshot,
                granted.Id,
                granted.GpuIds,
                GeoPoint.DistanceKm(query.Place, granted.Host.Snapshot.Registration.Place),
                Score: 0,
                IsExisting: true);
            return RouteOutcome.Routed;
        }

        var outcome = _chooser.Choose(query, out placement, out var host, out var displaced);
        if (host is null)
        {
            if (outcome == RouteOutcome.NoCapacity && !query.IsWaiting)
            {
                _recorder?.Decided(query, Tiers[query.Tier].Name, granted: null, _nowMs);
            }

            return outcome;
        }

        Displace(displaced.Own, query, host);
        Displace(displaced.Replaced, query, host);
        End(displaced.Slot, ReservationEnd.Displaced);
        var reservation = _ledger.Grant(host, query.ReservationId, query.Tier, query.StickyId, _nowMs);
        _hosts.Refresh(host);
        _recorder?.Decided(query, Tiers[query.Tier].Name, reservation, _nowMs);
        placement = placement with { ReservationId = reservation.Id, GpuIds = reservation.GpuIds };
        return outcome;
    }

    /// <summary>What <see cref="Place"/> would choose now, reserving nothing.</summary>
    public RouteOutcome Choose(in PlacementQuery query, long nowMs, out Placement placement)
    {
        Expire(nowMs);
        return _chooser.Choose(query, out placement, out _, out _);
    }

    /// <summary>Why <see cref="Place"/> would choose what it would choose now: every host with the filter that refuses it or the terms of its score.
    /// Costs in proportion to the fleet, most of it in <see cref="FleetMoment.Explain"/>, which anybody may do later and elsewhere. The tier must be one of
    /// <see cref="Tiers"/>.</summary>
    public FleetMoment Capture(in PlacementQuery query, long nowMs)
    {
        Expire(nowMs);
        return _chooser.Capture(query);
    }

    /// <summary>Ends the reservations whose time is over. Every call that takes the time does so first; this one is for quiet times.</summary>
    public void Expire(long nowMs)
    {
        _nowMs = _hosts.NowMs = Math.Max(_nowMs, nowMs);
        while (_ledger.PeekExpired(_nowMs) is { } expired)
        {
            End(expired, ReservationEnd.Expired);
        }
    }

    /// <summary>How many hosts each filter refuses for a query, indexed by <see cref="RefusalReason"/>; <see cref="RefusalReason.None"/> counts the
    /// candidates. Costs the same for any number of hosts.</summary>
    public ImmutableArray<int> CountRefusals(in PlacementQuery query, long nowMs)
    {
        Expire(nowMs);
        return _chooser.CountRefusals(query);
    }

    /// <summary>Whether a session may stay on its host as far as load goes: false when the host is gone, or its tier has not fitted in two reports
    /// in a row, not counting the session's own reservation (counting all when that is over).</summary>
    public bool HasRoomFor(string clientId, int tier, Guid ownReservation, long nowMs)
    {
        Expire(nowMs);
        if (!_hosts.TryGet(clientId, out var host))
        {
            return false;
        }

        var own = _ledger.Find(ownReservation);
        return own is not null && own.Host == host && own.Tier.Number == tier ? !host.IsOverloaded(own) : !host.IsOverloaded(tier);
    }

    /// <summary>Bit i is set while tier i has not fitted on the host in two reports in a row, counting all reservations.</summary>
    public ulong OverloadedTiers(string clientId)
    {
        var tiers = 0UL;
        if (_hosts.TryGet(clientId, out var host))
        {
            for (var tier = 0; tier < _needs.Length; tier++)
            {
                tiers |= host.IsOverloaded(tier) ? 1UL << tier : 0;
            }
        }

        return tiers;
    }

    /// <summary>The hosts that fit for a query. Costs in proportion to the fleet.</summary>
    public IEnumerable<HostSnapshot> Candidates(PlacementQuery query) => _hosts.All
        .Where(host => host.Refusals[query.Tier] == RefusalReason.None && !query.Excluded.Contains(host.ClientId))
        .Select(static host => host.Snapshot);

    /// <summary>How many more sessions of each tier fit on each host. Costs in proportion to the fleet.</summary>
    public ImmutableArray<HostRoom> CountRoom(long nowMs)
    {
        Expire(nowMs);
        return [.. _hosts.All.Select(host => RoomCount.Of(host, _needs))];
    }

    private HostSnapshot WithPanic(HostSnapshot host)
    {
        var ignoresHealth = IsPanic && host.Health == HealthStatus.Unhealthy;
        return host.IgnoresHealth == ignoresHealth ? host : host with { IgnoresHealth = ignoresHealth };
    }

    private void ApplyPanic()
    {
        foreach (var clientId in _panic.UnhealthyIds)
        {
            if (_hosts.TryGet(clientId, out var host))
            {
                _hosts.Upsert(WithPanic(host.Snapshot));
            }
        }
    }
}
