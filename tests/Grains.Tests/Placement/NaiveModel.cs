using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>The rules of placement, written down as plainly as possible: every question scans every host and sums every reservation anew.</summary>
internal sealed class NaiveModel(ImmutableArray<TierSpec> tiers, long timeoutMs, int panicThresholdPct = 0, double? projectedWindowMs = null)
{
    private readonly Dictionary<string, ModelHost> _hosts = [];
    private readonly List<ModelHold> _holds = [];
    private List<ModelReservation> _reservations = [];
    private long _now;

    public IReadOnlyList<ModelReservation> Reservations => _reservations;

    public IEnumerable<string> ClientIds => _hosts.Keys;

    public static double Kilobytes(double gb) => Math.Round(gb * 1e6);

    public void Advance(long nowMs)
    {
        _now = Math.Max(_now, nowMs);
        var expired = _reservations.Where(r => r.ExpiresAt <= _now).Select(static r => r.Id).ToHashSet();
        _reservations.RemoveAll(r => expired.Contains(r.Id));
        _holds.RemoveAll(hold => expired.Contains(hold.Id) && hold.Until is null);
    }

    public void Upsert(HostSnapshot snapshot)
    {
        if (!_hosts.TryGetValue(snapshot.ClientId, out var host))
        {
            _hosts.Add(snapshot.ClientId, host = new());
        }

        var isNewReport = snapshot.Load is not null && snapshot.ReportSequence != host.LastSequence;
        host.Snapshot = snapshot;
        if (!isNewReport)
        {
            return;
        }

        (host.LastSequence, host.ReportedAt) = (snapshot.ReportSequence, _now);
        var books = Books([]);
        host.UnfitTiers.Add([.. Enumerable.Range(0, tiers.Length).Where(tier => Shortage(host, tier, books) != RefusalReason.None)]);
        host.UnfitReservations.Add([.. _reservations.Where(r => r.ClientId == snapshot.ClientId
            && Shortage(host, r.Tier, Books([r])) != RefusalReason.None).Select(r => r.Id)]);
    }

    public void Remove(string clientId)
    {
        _hosts.Remove(clientId);
        _holds.RemoveAll(hold => hold.ClientId == clientId);
        _reservations.RemoveAll(r => r.ClientId == clientId);
    }

    /// <summary>The session's reservation if the query keeps it.</summary>
    public ModelReservation? FindKept(in PlacementQuery query)
    {
        var own = FindOwn(query);
        return own is not null && own.Id != query.Replaces && KeepsSessions(_hosts[own.ClientId].Snapshot) && !query.Excluded.Contains(own.ClientId) ? own
            : null;
    }

    /// <summary>Every host's first refusing filter.</summary>
    public Dictionary<string, RefusalReason> Judge(PlacementQuery query)
    {
        var books = Books(FindDisplaced(query));
        return _hosts.ToDictionary(pair => pair.Key, pair => Refuse(pair.Value, query, books));
    }

    /// <summary>The scores of the candidates.</summary>
    public Dictionary<string, double> Score(PlacementQuery query) => Score(query, Judge(query));

    /// <summary>The scores of those hosts that no filter refused.</summary>
    public Dictionary<string, double> Score(PlacementQuery query, Dictionary<string, RefusalReason> judgements) =>
        judgements.Where(pair => pair.Value == RefusalReason.None)
            .ToDictionary(
                pair => pair.Key, pair => Score(_hosts[pair.Key].Snapshot, tiers[query.Tier], query.Place, _reservations.Count(r => r.ClientId == pair.Key)));

    public static ImmutableArray<int> Count(Dictionary<string, RefusalReason> judgements) =>
        [.. Enum.GetValues<RefusalReason>().Select(reason => judgements.Count(pair => pair.Value == reason))];

    /// <summary>The cards that the query's tier gets on a host.</summary>
    public ImmutableArray<int> PickCards(PlacementQuery query, string clientId)
    {
        var tier = tiers[query.Tier];
        var free = FreeCards(_hosts[clientId], Books(FindDisplaced(query))).ToList();
        var each = tier.Gpu == 0 ? 0 : Math.Ceiling(Kilobytes(tier.GpuMemoryGb) / tier.Gpu);
        var sufficient = free.Where(card => Kilobytes(card.MemoryFreeGb) >= each)
            .OrderBy(static card => Math.Floor(card.UtilizationPct / 20)).ThenBy(static card => card.MemoryFreeGb).ThenBy(static card => card.DeviceId)
            .ToList();
        return [.. (projectedWindowMs is not null && sufficient.Count >= tier.Gpu ? sufficient : free).Take(tier.Gpu).Select(static card => card.DeviceId)];
    }

    public void Grant(PlacementQuery query, string clientId, Guid id, ImmutableArray<int> gpuIds)
    {
        foreach (var displaced in FindDisplaced(query))
        {
            Release(displaced.Id);
        }

        var reservation = new ModelReservation(id, clientId, query.Tier, query.StickyId, gpuIds, _now + timeoutMs);
        _reservations.Add(reservation);
        Hold(reservation);
    }

    public bool Release(Guid id)
    {
        foreach (var hold in _holds.Where(hold => hold.Id == id))
        {
            hold.Until ??= _now;
        }

        return _reservations.RemoveAll(r => r.Id == id) > 0;
    }

    /// <summary>All reservations were released and put back for the rest of their time.</summary>
    public void Restore()
    {
        _holds.ForEach(hold => hold.Until ??= _now);
        _reservations.ForEach(Hold);
    }

    public bool Renew(Guid id)
    {
        var isLive = _reservations.Any(r => r.Id == id);
        _reservations = [.. _reservations.Select(r => r.Id == id ? r with { ExpiresAt = _now + timeoutMs } : r)];
        return isLive;
    }

    public int ReleaseAll()
    {
        var count = _reservations.Count;
        _holds.ForEach(hold => hold.Until ??= _now);
        _reservations.Clear();
        return count;
    }

    public bool HasRoomFor(string clientId, int tier, Guid reservationId)
    {
        if (!_hosts.TryGetValue(clientId, out var host))
        {
            return false;
        }

        var hasOwn = _reservations.Any(r => r.Id == reservationId && r.ClientId == clientId && r.Tier == tier);
        return hasOwn
            ? host.UnfitReservations.Count < 2 || !host.UnfitReservations.TakeLast(2).All(unfit => unfit.Contains(reservationId))
            : !IsOverloaded(host, tier);
    }

    /// <summary>Whether the reservation's tier did not fit in the last report even without it.</summary>
    public bool DidNotFit(ModelReservation reservation) =>
        _hosts[reservation.ClientId].UnfitReservations.LastOrDefault() is { } unfit && unfit.Contains(reservation.Id);

    public ulong OverloadedTiers(string clientId) => _hosts.TryGetValue(clientId, out var host)
        ? Enumerable.Range(0, tiers.Length).Where(tier => IsOverloaded(host, tier)).Aggregate(0UL, (bits, tier) => bits | (1UL << tier))
        : 0;

    /// <summary>What the host has left of cores, kB of memory and kB of disk; the cards held.</summary>
    public (double Vcpu, double Memory, double Disk, ImmutableArray<int> Held) Left(string clientId)
    {
        var host = _hosts[clientId];
        var books = Books([]);
        var (vcpu, memory, disk) = Left(host, books);
        return (vcpu, memory, disk, [.. books[clientId].SelectMany(r => r.GpuIds).Order()]);
    }

    /// <summary>Whether so many hosts are unhealthy that health is ignored.</summary>
    public bool IsPanic
    {
        get
        {
            var counted = _hosts.Values.Select(host => host.Snapshot).Where(host => host.IsActive && host.Lifecycle == Lifecycle.InService).ToList();
            return panicThresholdPct > 0 && counted.Count >= 3
                && counted.Count(host => host.Health == HealthStatus.Unhealthy) * 100 > counted.Count * panicThresholdPct;
        }
    }

    public static double Score(HostSnapshot host, TierSpec tier, GeoPoint caller, int reservations)
    {
        var load = host.Load!;
        var cores = load.CpuUsage.Order().Take(Math.Max(1, tier.Vcpu)).ToList();
        var cpu = cores.Count == 0 ? 0 : cores.Average();
        var memory = load.MemoryTotalGb > 0 ? load.MemoryUsedGb / load.MemoryTotalGb * 100 : 100;
        var gpu = tier.Gpu > 0 && !load.Gpus.IsEmpty ? load.Gpus.Average(card => card.UtilizationPct) : 0;
        return Distance(caller, host.Registration.Place) + cpu + memory + (1.5 * gpu) + host.LatencyMs
            + (100 * host.SlowStartLeft * (1 + reservations));
    }

    public static double Distance(GeoPoint a, GeoPoint b)
    {
        if (!a.IsKnown || !b.IsKnown)
        {
            return 0;
        }

        static double Radians(double degrees) => degrees * Math.PI / 180;
        static double Squared(double x) => x * x;
        var latitudes = Squared(Math.Sin(Radians(b.Latitude - a.Latitude) / 2));
        var longitudes = Squared(Math.Sin(Radians(b.Longitude - a.Longitude) / 2));
        return 2 * 6371 * Math.Asin(Math.Sqrt(Math.Min(1, latitudes + (Math.Cos(Radians(a.Latitude)) * Math.Cos(Radians(b.Latitude)) * longitudes))));
    }

    private static bool IsOverloaded(ModelHost host, int tier) => host.UnfitTiers.Count >= 2 && host.UnfitTiers.TakeLast(2).All(unfit => unfit.Contains(tier));

    private bool KeepsSessions(HostSnapshot host) =>
        host.IsActive && (host.Health != HealthStatus.Unhealthy || IsPanic) && host.Lifecycle is not (Lifecycle.Drained or Lifecycle.Maintenance);

    private ModelReservation? FindOwn(PlacementQuery query) =>
        query.StickyId is null ? null : _reservations.Find(r => r.StickyId == query.StickyId && r.Tier == query.Tier);

    private List<ModelReservation> FindDisplaced(PlacementQuery query)
    {
        var own = FindOwn(query);
        return [.. _reservations.Where(r => r == own || r.Id == query.Replaces)];
    }

    private RefusalReason Refuse(ModelHost host, PlacementQuery query, ILookup<string, ModelReservation> books)
    {
        var snapshot = host.Snapshot;
        return !snapshot.IsActive ? RefusalReason.Stale
            : snapshot.Health == HealthStatus.Unhealthy && !IsPanic ? RefusalReason.Unhealthy
            : snapshot.Lifecycle != Lifecycle.InService ? RefusalReason.Draining
            : snapshot.Load is null ? RefusalReason.NoReport
            : Shortage(host, query.Tier, books) is var shortage and not RefusalReason.None ? shortage
            : query.Excluded.Contains(snapshot.ClientId) ? RefusalReason.Excluded
            : RefusalReason.None;
    }

    private RefusalReason Shortage(ModelHost host, int tier, ILookup<string, ModelReservation> books)
    {
        var need = tiers[tier];
        var (vcpu, memory, disk) = Left(host, books);
        if (need.Vcpu > 0 && vcpu < need.Vcpu)
        {
            return RefusalReason.Cpu;
        }

        if (memory < Kilobytes(need.MemoryGb))
        {
            return RefusalReason.Memory;
        }

        if (disk < Kilobytes(need.StorageGb))
        {
            return RefusalReason.Disk;
        }

        if (need.Gpu == 0)
        {
            return RefusalReason.None;
        }

        var cards = FreeCards(host, books).Take(need.Gpu).ToList();
        return cards.Count < need.Gpu || cards.Sum(card => Kilobytes(card.MemoryFreeGb)) < Kilobytes(need.GpuMemoryGb) ? RefusalReason.Gpu : RefusalReason.None;
    }

    private (double Vcpu, double Memory, double Disk) Left(ModelHost host, ILookup<string, ModelReservation> books)
    {
        var load = host.Snapshot.Load;
        var on = books[host.Snapshot.ClientId].Select(r => tiers[r.Tier]).ToList();
        return (Math.Min(load?.CpuUsage.Length ?? 0, (load?.CpuUsage.Count(core => core < 80) ?? 0) + Shown(host)) - on.Sum(tier => tier.Vcpu),
            Kilobytes(load?.MemoryAvailableGb ?? 0) - on.Sum(tier => Kilobytes(tier.MemoryGb)),
            Kilobytes(load?.DiskAvailableGb ?? 0) - on.Sum(tier => Kilobytes(tier.StorageGb)));
    }

    private void Hold(ModelReservation reservation) => _holds.Add(new(
        reservation.Id, reservation.ClientId, tiers[reservation.Tier].Vcpu, reservation.ExpiresAt - timeoutMs));

    /// <summary>How many reserved cores the host's last report shows: each hold that has not timed out, by how much an average that lags shows of it.</summary>
    private double Shown(ModelHost host)
    {
        double Decayed(long sinceMs) => sinceMs >= host.ReportedAt ? 1 : Math.Exp((sinceMs - host.ReportedAt) * 2 / projectedWindowMs!.Value);
        return projectedWindowMs is null ? 0 : Math.Max(0, Math.Round(_holds.Where(hold => hold.ClientId == host.Snapshot.ClientId)
            .Sum(hold => hold.Vcpu * (Decayed(hold.Until ?? long.MaxValue) - Decayed(hold.From)))));
    }

    /// <summary>The reservations that count, by host.</summary>
    private ILookup<string, ModelReservation> Books(List<ModelReservation> aside) => _reservations.Where(r => !aside.Contains(r)).ToLookup(r => r.ClientId);

    private static IEnumerable<GpuLoad> FreeCards(ModelHost host, ILookup<string, ModelReservation> books)
    {
        var reported = host.Snapshot.Load?.Gpus ?? [];
        var cards = reported.IsEmpty ? Enumerable.Range(0, host.Snapshot.Registration.TotalGpus).Select(id => new GpuLoad { DeviceId = id }) : reported;
        var held = books[host.Snapshot.ClientId].SelectMany(r => r.GpuIds).ToHashSet();
        return cards.Where(card => !held.Contains(card.DeviceId)).OrderByDescending(card => card.MemoryFreeGb).ThenBy(card => card.DeviceId);
    }

    private sealed class ModelHost
    {
        public HostSnapshot Snapshot { get; set; } = null!;

        public long LastSequence { get; set; } = long.MinValue;

        public long ReportedAt { get; set; } = long.MinValue;

        public List<HashSet<int>> UnfitTiers { get; } = [];

        public List<HashSet<Guid>> UnfitReservations { get; } = [];
    }

    private sealed record ModelHold(Guid Id, string ClientId, int Vcpu, long From)
    {
        public long? Until { get; set; }
    }
}

/// <summary>A reservation of the model.</summary>
internal sealed record ModelReservation(Guid Id, string ClientId, int Tier, string? StickyId, ImmutableArray<int> GpuIds, long ExpiresAt);
