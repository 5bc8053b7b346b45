using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Fleet;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Opsen.Grains.Tiers;

/// <summary>
/// The grain around a pool's <see cref="PlacementIndex"/>. Reentrant, so that readers can wait for changes; choosing and reserving stays atomic,
/// because it happens in one turn without an await.
/// </summary>
[KeepAlive, Reentrant]
internal sealed partial class TierIndexGrain : Grain, ITierIndexGrain
{
    private readonly PlacementIndex _index;
    private readonly FleetLog _fleet;
    private readonly DecisionMemory _decisions = new();
    private readonly HostList _hosts;
    private readonly LedgerStore _ledger;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private readonly ILogger<TierIndexGrain> _logger;
    private readonly int _panicThresholdPct;
    private readonly Dictionary<string, string> _ownerOfEndpoint = new(StringComparer.OrdinalIgnoreCase);

    public TierIndexGrain(
        [PersistentState("hosts", GrainSettings.StorageName)] IPersistentState<PoolHosts> hosts,
        [FromKeyedServices(GrainSettings.StorageName)] IGrainStorage storage,
        GrainSettings settings,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<TierIndexGrain> logger)
    {
        _index = new PlacementIndex(settings.Tiers, settings.ReservationTimeout, settings.PanicThresholdPct);
        _panicThresholdPct = settings.PanicThresholdPct;
        _fleet = new FleetLog(settings.Tiers);
        _hosts = new HostList(hosts, _index);
        _ledger = new LedgerStore(this.GetPrimaryKeyString(), storage, _index, settings.ReservationTimeout, time, logger);
        _time = time;
        _stopping = lifetime.ApplicationStopping;
        _logger = logger;
    }

    private string Pool => this.GetPrimaryKeyString();

    private long NowMs => (long)_time.GetElapsedTime(0, _time.GetTimestamp()).TotalMilliseconds;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (var snapshot in await _hosts.LoadAsync(GrainFactory, cancellationToken))
        {
            Admit(snapshot);
        }

        AnnouncePanic();
        await _ledger.RestoreAsync(NowMs);
        this.RegisterGrainTimer(
            _ => _ledger.FlushAsync(NowMs),
            new GrainTimerCreationOptions(LedgerStore.FlushInterval, LedgerStore.FlushInterval) { Interleave = true, KeepAlive = true });
        LogActivated(Pool, _index.HostCount, _index.ReservationCount);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _ledger.CloseAsync(NowMs);

    public async Task<ObserveAnswer> Observe(HostSnapshot snapshot)
    {
        if (_ownerOfEndpoint.TryGetValue(snapshot.Registration.Endpoint, out var owner) && owner != snapshot.ClientId)
        {
            var previous = _index.Find(owner)!;
            if (previous.RegisteredAt > snapshot.RegisteredAt)
            {
                return new ObserveAnswer(IsTaken: false, previous.RegisteredAt, _index.IsPanic);
            }

            Evict(previous);
            LogReplaced(snapshot.ClientId, owner, snapshot.Registration.Endpoint);
            RetireWithoutWaiting(previous);
        }

        var isNew = Admit(snapshot);
        AnnouncePanic();
        var answer = new ObserveAnswer(IsTaken: true, TakenSince: 0, _index.IsPanic);
        if (isNew)
        {
            await _hosts.SaveAsync();
        }

        return answer;
    }

    public async Task Remove(string clientId)
    {
        if (_index.Find(clientId) is { } host)
        {
            Evict(host);
            AnnouncePanic();
            await _hosts.SaveAsync();
        }
    }

    public ValueTask<PlacementDecision[]> Place(PlacementRequest[] requests)
    {
        var now = NowMs;
        var decisions = new PlacementDecision[requests.Length];
        for (var i = 0; i < requests.Length; i++)
        {
            decisions[i] = Decide(requests[i], now);
        }

        return new(decisions);
    }

    public ValueTask<PlacementDecision[]> ReleaseAndPlace(Guid[] released, PlacementRequest[] requests)
    {
        var now = NowMs;
        foreach (var reservationId in released)
        {
            _index.Release(reservationId, now);
        }

        return Place(requests);
    }

    public Task<PlacementExplanation?> Explain(PlacementRequest request) =>
        Task.FromResult(TryRead(request, out var query) ? _index.Explain(query, NowMs) : null);

    public Task<DecisionRecord?> GetDecision(Guid reservationId)
    {
        if (!_decisions.TryGet(reservationId, out var decision))
        {
            return Task.FromResult<DecisionRecord?>(null);
        }

        return Task.FromResult<DecisionRecord?>(new DecisionRecord
        {
            ReservationId = reservationId,
            ClientId = decision.ClientId,
            Tier = _index.Tiers[decision.Query.Tier].Name,
            DecidedAt = decision.DecidedAt,
            ExplainedAt = decision.Explanation is null ? _time.GetUtcNow() : decision.DecidedAt,
            Explanation = decision.Explanation ?? _index.Explain(decision.Query, NowMs),
        });
    }

    public ValueTask<bool> HasRoomFor(string clientId, string tier, Guid reservationId) =>
        new(!_index.TryGetTier(tier, out var number) || _index.HasRoomFor(clientId, number, reservationId, NowMs));

    public ValueTask<bool> Release(Guid reservationId) => new(_index.Release(reservationId, NowMs));

    public Task EndSession(string stickyId)
    {
        _index.ReleaseSession(stickyId, NowMs);
        _fleet.EndSession(stickyId);
        return Task.CompletedTask;
    }

    public ValueTask<bool> Renew(Guid reservationId) => new(_index.Renew(reservationId, NowMs));

    public Task<int> PurgeReservations()
    {
        var count = _index.ReleaseAll(NowMs);
        LogReservationsPurged(Pool, count);
        return Task.FromResult(count);
    }

    public async Task<int> PurgeStale()
    {
        var stale = _index.Hosts.Where(host => !host.IsActive).ToList();
        foreach (var host in stale)
        {
            Evict(host);
        }

        AnnouncePanic();
        await _hosts.SaveAsync();
        await Task.WhenAll(stale.Select(host => GrainFactory.GetGrain<IBackendGrain>(host.ClientId).Retire(host.RegisteredAt)));
        LogStalePurged(Pool, stale.Count);
        return stale.Count;
    }

    public async Task<FleetChanges> GetChanges(Guid epoch, long since, TimeSpan wait)
    {
        if (epoch == _fleet.Epoch && since == _fleet.Version)
        {
            // A stopping silo waits for its grains, and they must not wait for a change that may never come.
            await _fleet.Changed.WaitAsync(wait, _time, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return _fleet.ChangesSince(epoch, since);
    }

    /// <summary>Takes a host's state in. True when the host is new here.</summary>
    private bool Admit(HostSnapshot snapshot)
    {
        var previous = _index.Find(snapshot.ClientId);
        if (previous is not null && previous.Registration.Endpoint != snapshot.Registration.Endpoint)
        {
            _ownerOfEndpoint.Remove(previous.Registration.Endpoint);
        }

        _ownerOfEndpoint[snapshot.Registration.Endpoint] = snapshot.ClientId;
        _index.Upsert(snapshot, NowMs);
        Publish(snapshot.ClientId);
        return previous is null;
    }

    private void Publish(string clientId) => _fleet.Publish(_index.Find(clientId)!, _index.OverloadedTiers(clientId));

    /// <summary>To be called when hosts have changed: where the pool's panic began or ended by that, tells the log and everyone who follows the fleet.</summary>
    private void AnnouncePanic()
    {
        if (_index.IsPanic == _fleet.IsPanic)
        {
            return;
        }

        _fleet.IsPanic = _index.IsPanic;
        foreach (var host in _index.Hosts.Where(host => host.Health == HealthStatus.Unhealthy))
        {
            Publish(host.ClientId);
        }

        var (counted, unhealthy) = _index.Panic;
        if (_index.IsPanic)
        {
            LogPanic(Pool, unhealthy, counted, _panicThresholdPct);
        }
        else
        {
            LogPanicOver(Pool, unhealthy, counted);
        }
    }

    private void Evict(HostSnapshot host)
    {
        _ownerOfEndpoint.Remove(host.Registration.Endpoint);
        _index.Remove(host.ClientId);
        _fleet.Remove(host.ClientId);
    }

    private bool TryRead(PlacementRequest request, out PlacementQuery query)
    {
        var isKnown = _index.TryGetTier(request.Tier, out var tier);
        query = new PlacementQuery
        {
            Tier = tier,
            Place = request.Place,
            StickyId = request.StickyId,
            Preferred = request.Preferred,
            Excluded = request.Excluded,
            Replaces = request.Replaces,
        };
        return isKnown;
    }

    private PlacementDecision Decide(PlacementRequest request, long now)
    {
        if (!TryRead(request, out var query))
        {
            return new PlacementDecision { Outcome = RouteOutcome.UnknownTier };
        }

        // Before the reservation changes what it explains.
        var explanation = request.Explain ? _index.Explain(query, now) : null;
        if (_index.Place(query, now, out var placement) != RouteOutcome.Routed)
        {
            return new PlacementDecision
            {
                Outcome = RouteOutcome.NoCapacity,
                Refusals = _index.CountRefusals(query, now),
                Explanation = explanation,
            };
        }

        if (!placement.IsExisting)
        {
            _decisions.Add(placement.ReservationId, new(query, placement.Host.ClientId, _time.GetUtcNow(), explanation));
        }

        return new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = placement.Host.ClientId,
            ReservationId = placement.ReservationId,
            GpuIds = placement.GpuIds,
            DistanceKm = placement.DistanceKm,
            AffinityEpoch = placement.Host.AffinityEpoch,
            Explanation = explanation,
        };
    }

    /// <summary>The replaced host's grain may be registering at this moment and waiting for us, so it is told without waiting; should the message get lost,
    /// its next report is refused and it learns then.</summary>
    private void RetireWithoutWaiting(HostSnapshot host) =>
        GrainFactory.GetGrain<IBackendGrain>(host.ClientId).Retire(host.RegisteredAt)
            .ContinueWith(task => LogRetireFailed(host.ClientId, task.Exception!.GetBaseException().Message), TaskContinuationOptions.OnlyOnFaulted)
            .Ignore();

    [LoggerMessage(301, LogLevel.Information, "The index of pool {Pool} is ready with {Hosts} hosts and {Reservations} reservations")]
    private partial void LogActivated(string pool, int hosts, int reservations);

    [LoggerMessage(302, LogLevel.Information, "Host {ClientId} replaces {Replaced}, which had its endpoint {Endpoint}")]
    private partial void LogReplaced(string clientId, string replaced, string endpoint);

    [LoggerMessage(303, LogLevel.Warning, "Host {ClientId} could not be told that it was replaced: {Message}")]
    private partial void LogRetireFailed(string clientId, string message);

    [LoggerMessage(304, LogLevel.Information, "{Count} reservations of pool {Pool} were purged")]
    private partial void LogReservationsPurged(string pool, int count);

    [LoggerMessage(306, LogLevel.Error, "Pool {Pool} is in panic: {Unhealthy} of {Hosts} hosts are unhealthy, more than {Threshold} %. Routing ignores health until fewer are")]
    private partial void LogPanic(string pool, int unhealthy, int hosts, int threshold);

    [LoggerMessage(307, LogLevel.Warning, "The panic of pool {Pool} is over: {Unhealthy} of {Hosts} hosts are unhealthy. Routing heeds health again")]
    private partial void LogPanicOver(string pool, int unhealthy, int hosts);

    [LoggerMessage(305, LogLevel.Information, "{Count} stale hosts of pool {Pool} were purged")]
    private partial void LogStalePurged(string pool, int count);
}
