using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends;
using Opsen.Grains.DecisionLogs;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Grains.Sessions;
using Opsen.Grains.Telemetry;
using Opsen.Grains.Tiers.Leases;
using Opsen.Grains.Waiting;
using Orleans.Concurrency;

namespace Opsen.Grains.Tiers;

/// <summary>
/// The grain around a pool's <see cref="PlacementIndex"/>. Reentrant, so that readers can wait for changes; choosing and reserving stays atomic,
/// because it happens in one turn without an await.
/// </summary>
[KeepAlive, Reentrant]
internal sealed partial class TierIndexGrain : Grain, ITierIndexGrain
{
    /// <summary>How soon a silo's death is noticed here.</summary>
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    /// <summary>How old the index's metrics may be: counting the room takes a millisecond for some thousand hosts.</summary>
    private static readonly TimeSpan MetricsInterval = TimeSpan.FromSeconds(5);

    private readonly PlacementIndex _index;
    private readonly GrainSettings _settings;
    private readonly ISessionStore _sessions;
    private readonly ILedgerStorage _journal;
    private readonly DecisionMemory _decisions = new();
    private readonly PoolRecorder? _recorder;
    private readonly HostLoading _hosts;
    private readonly HostWatch _watch;
    private readonly LedgerStore _ledger;

    /// <summary>Null where there is one silo only.</summary>
    private readonly IndexLease? _lease;

    /// <summary>Null where there is one silo only.</summary>
    private readonly EarlyReturns? _earlyReturns;
    private readonly WaitingRoom _waiting;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private readonly IndexMetrics _metrics;
    private readonly ILogger<TierIndexGrain> _logger;
    private readonly Dictionary<string, string> _ownerOfEndpoint = new(StringComparer.Ordinal);

    private bool _isBeginning;
    private bool _isEnding;

    /// <summary>Set when the index has begun.</summary>
    private FleetLog _fleet = null!;

    public TierIndexGrain(
        IHostCatalog catalog,
        ILedgerStorage journal,
        ISessionStore sessions,
        GrainSettings settings,
        IClusterMembershipService membership,
        IndexLeases leases,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        IndexMetrics metrics,
        ILogger<TierIndexGrain> logger,
        IDecisionLog? decisionLog = null)
    {
        (_settings, _sessions, _journal) = (settings, sessions, journal);
        _recorder = decisionLog is null ? null : new PoolRecorder(decisionLog, this.GetPrimaryKeyString());
        _index = new PlacementIndex(settings.Tiers, settings.ReservationTimeout, settings.PanicThresholdPct, settings.ProjectedWindow, _recorder);
        _waiting = new WaitingRoom(_index);
        _ledger = new LedgerStore(this.GetPrimaryKeyString(), journal, _index, time, logger);
        _hosts = new HostLoading(this.GetPrimaryKeyString(), catalog, GrainFactory, logger);
        _watch = new HostWatch(membership, time);
        _lease = leases.For(this.GetPrimaryKeyString(), logger);
        _earlyReturns = settings.IsCluster ? new EarlyReturns(settings.ReservationTimeout, time) : null;
        _time = time;
        _stopping = lifetime.ApplicationStopping;
        _metrics = metrics;
        _logger = logger;
    }

    private string Pool => this.GetPrimaryKeyString();

    private long NowMs => (long)_time.GetElapsedTime(0, _time.GetTimestamp()).TotalMilliseconds;

    /// <summary>Nothing is read before an epoch of its own has begun: whatever an index before this one may still do, it can store nothing any more.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _ledger.BeginAsync();
        _fleet = new FleetLog(_settings.Tiers, _ledger.Epoch);
        _recorder?.Begun(_settings, _time.GetUtcNow(), NowMs);
        foreach (var snapshot in await _hosts.ReadAsync())
        {
            Admit(WithoutProbes(snapshot));
        }

        AnnouncePanic();
        await RestoreReservationsAsync();
        this.RegisterGrainTimer(
            _ => _ledger.FlushAsync(NowMs),
            new GrainTimerCreationOptions(LedgerStore.FlushInterval, LedgerStore.FlushInterval) { Interleave = true, KeepAlive = true });
        this.RegisterGrainTimer(
            _ => WakeHostsAsync(), new GrainTimerCreationOptions(TimeSpan.Zero, HostLoading.RetryInterval) { Interleave = true, KeepAlive = true });
        this.RegisterGrainTimer(
            _ => WakeSuspectsAsync(), new GrainTimerCreationOptions(WatchInterval, WatchInterval) { Interleave = true, KeepAlive = true });
        this.RegisterGrainTimer(
            _ => PublishMetrics(), new GrainTimerCreationOptions(TimeSpan.Zero, MetricsInterval) { Interleave = true, KeepAlive = true });
        _serving = this.RegisterGrainTimer(
            _ => ServeAndSweep(), new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        if (_lease is not null)
        {
            this.RegisterGrainTimer(
                _ => KeepLeaseAsync(), new GrainTimerCreationOptions(TimeSpan.Zero, IndexLease.RenewInterval) { Interleave = true, KeepAlive = true });
        }

        LogActivated(Pool, _index.HostCount, _index.ReservationCount, _ledger.Epoch);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isEnding = true;
        _metrics.Remove(Pool);
        await _ledger.CloseAsync(NowMs);
        if (_lease is not null && !_ledger.IsFenced)
        {
            await _lease.EndAsync();
        }
    }

    public async Task<int> PurgeReservations()
    {
        var count = _index.ReleaseAll(NowMs);
        ServeWaiting();
        _fleet.EndAllSessions();
        LogReservationsPurged(Pool, count);
        await _ledger.CloseAsync(NowMs);
        return count;
    }

    public async Task<FleetChanges> GetChanges(long epoch, long since, TimeSpan wait)
    {
        Heed(epoch);
        if (epoch == _fleet.Epoch && since == _fleet.Version)
        {
            // A stopping silo waits for its grains, and they must not wait for a change that may never come.
            await _fleet.Changed.WaitAsync(wait, _time,
                _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return _fleet.ChangesSince(epoch, since);
    }

    public ValueTask<PoolRoom> GetRoom() => new(new PoolRoom(Pool, [.. _index.Tiers.Select(static tier => tier.Name)], _index.CountRoom(NowMs)));

    private Task PublishMetrics()
    {
        if (_isEnding || _ledger.IsFenced)
        {
            _metrics.Remove(Pool);
            return Task.CompletedTask;
        }

        var room = _index.CountRoom(NowMs);
        _metrics.Set(Pool, new(
            _ledger.Epoch,
            [.. _index.Tiers.Select(static tier => tier.Name)],
            [.. _index.Tiers.Select((_, number) => room.Sum(host => (long)host.Sessions[number]))],
            [.. _index.ReservationsByTier],
            [.. _index.Tiers.Select((_, number) => (long)_waiting.CountOf(number))],
            [.. _index.Tiers.Select((_, number) => _waiting.OldestMs(number, NowMs))],
            _index.Tiers));
        return Task.CompletedTask;
    }

    private async Task RestoreReservationsAsync()
    {
        var now = _time.GetUtcNow();
        var entries = await _journal.ReadAsync(Pool, now);
        var sessions = await _sessions.ReadReservedAsync(Pool, now);
        foreach (var reservation in LedgerRestore.Merge(entries, sessions, now))
        {
            _index.RestoreReservation(reservation, NowMs);
        }
    }

    /// <summary>Takes over from an earlier index, and then renews the lease.</summary>
    private async Task KeepLeaseAsync()
    {
        if (_isBeginning || _isEnding || _ledger.IsFenced)
        {
            return;
        }

        try
        {
            _isBeginning = !_lease!.HasBegun;
            Heed(await (_isBeginning ? _lease.BeginAsync(_ledger.Epoch, _stopping) : _lease.RenewAsync()));
        }
#pragma warning disable CA1031 // The database is away: the next call tries again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotBegun(Pool, error.Message);
        }
        finally
        {
            _isBeginning = false;
        }
    }

    /// <summary>Steps down when somebody knows of a later index.</summary>
    private void Heed(long epoch)
    {
        if (epoch > _ledger.Epoch)
        {
            _ledger.Fence(epoch);
        }

        if (_ledger.IsFenced && _settings.IsCluster)
        {
            // Calls that still come here go to the successor then.
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(301, LogLevel.Information, "The index of pool {Pool} is ready with {Hosts} hosts and {Reservations} reservations; epoch {Epoch}")]
    private partial void LogActivated(string pool, int hosts, int reservations, long epoch);

    [LoggerMessage(304, LogLevel.Information, "{Count} reservations of pool {Pool} were purged")]
    private partial void LogReservationsPurged(string pool, int count);

    [LoggerMessage(310, LogLevel.Warning, "The index of pool {Pool} does not decide yet: {Message}")]
    private partial void LogNotBegun(string pool, string message);
}
