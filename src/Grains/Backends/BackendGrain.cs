using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends.Probing;
using Opsen.Grains.Budgets;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Sessions;

namespace Opsen.Grains.Backends;

/// <summary>
/// Life cycle, persistence and timers of one host. Every change ends in one immutable snapshot, handed to the pool's index. Timers of probes interleave, so
/// whatever changes the host does so between two awaits.
/// </summary>
internal sealed partial class BackendGrain(
    [PersistentState("backend", GrainSettings.StorageName)] IPersistentState<BackendState> storage,
    GrainSettings settings,
    ProbeFactory probes,
    GrainReferences<ITierIndexGrain> indexes,
    ISessionStore sessions,
    StorageBudget budget,
    IReportHistory history,
    TimeProvider time,
    ILogger<BackendGrain> logger) : Grain, IBackendGrain
{
    /// <summary>A report is stored at most this often: after a crash the next one is never far away, and the one before it is good enough to route
    /// by.</summary>
    private static readonly TimeSpan ReportPersistInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private readonly Silence _silence = new(settings.StaleAfter, time);
    private Coalesced<bool> _saving = null!;
    private Coalesced<bool> _publishing = null!;
    private GrainDeadline _silenceEnd = null!;
    private long _persistedAt;
    private bool _isDirty;

    /// <summary>Whether the host is registering, so that it takes its endpoint from whoever has it.</summary>
    private bool _isClaiming;

    /// <summary>Whether the host is about to be forgotten, so that nothing more of it is published.</summary>
    private bool _isLeaving;

    private HostSnapshot? Host
    {
        get => storage.State.Host;
        set => storage.State.Host = value;
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _saving = new(SaveAsync);
        _publishing = new(ObserveAsync);
        _silenceEnd = new(CreateTimer, () => Host is { } watched ? _silence.Left(watched.IsActive) : Timeout.InfiniteTimeSpan, OnSilenceAsync);
        _drainEnd = new(CreateTimer, DrainLeft, () => ChangeLifecycleAsync(Host!, HostLifecycle.EndDrain(Host!), "its deadline has passed"));
        if (storage.State.Unreadable is { } problem)
        {
            LogUnreadable(this.GetPrimaryKeyString(), problem);
        }

        if (Host is { } host)
        {
            RestoreHealth(host);
            _slowStart.Resume(host.SlowStartLeft);
            _silence.Resume(host.IsActive);
            ResumeDrain(host);
            Watch();
        }

        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        (_isDirty || _saving.IsRunning) && !_isOutdated ? PersistAsync() : Task.CompletedTask;

    public async Task<bool> Report(LoadReport report, string? pool)
    {
        ThrowIfUnreadable();
        await FollowGatewayAsync(pool);
        return await IngestAsync(report, keepsHistory: true);
    }

    /// <remarks>Not kept in the history: it comes every second, and most of it repeats what an agent reports.</remarks>
    public Task ReportUtilization(UtilizationReport report) =>
        Host is { } host && UtilizationLoad.Of(report, host, time.GetUtcNow()) is { } load ? IngestAsync(load, keepsHistory: false) : Task.CompletedTask;

    private async Task<bool> IngestAsync(LoadReport report, bool keepsHistory)
    {
        if (Host is not { } host)
        {
            return false;
        }

        var isNews = host.Load is null || !host.IsActive;
        var receivedAt = time.GetUtcNow();
        Host = host with
        {
            Load = report,
            ReportSequence = host.ReportSequence + 1,
            IsActive = true,
            LastSeen = receivedAt,
        };
        _silence.Restart();
        _silenceEnd.Watch(RetryInterval);
        if (!host.IsActive)
        {
            LogBack(host.ClientId);
        }

        _isDirty = true;
        if (!await PublishAsync())
        {
            return false;
        }

        if (isNews || time.GetElapsedTime(_persistedAt) >= ReportPersistInterval)
        {
            await TryPersistAsync();
        }

        if (keepsHistory)
        {
            history.Add(host.ClientId, receivedAt, report);
        }

        return true;
    }

    public Task<HostSnapshot?> GetSnapshot() => Task.FromResult(Host);

    public async Task<bool> Wake()
    {
        ThrowIfUnreadable();
        return Host is not null && await PublishAsync();
    }

    private ITierIndexGrain Index(string pool) => indexes.Get(pool);

    /// <summary>Hands the host as it is to the index. False when the host is no longer registered.</summary>
    private Task<bool> PublishAsync() => _publishing.RunAsync();

    private async Task<bool> ObserveAsync()
    {
        while (Host is { } host && !_isLeaving)
        {
            var answer = await Index(host.Registration.Pool).Observe(host);
            if (!answer.IsTaken && _isClaiming)
            {
                // The other one registered earlier, whatever the clocks said then and say now.
                Host = Host! with { RegisteredAt = NextTick(answer.TakenSince) };
                await PersistAsync();
                continue;
            }

            if (!answer.IsTaken)
            {
                LogSuperseded(host.ClientId, host.Registration.Endpoint);
                await ForgetAsync(isInIndex: false);
                return false;
            }

            _isClaiming = false;
            Published(host);
            if (!VoidSessions(answer.IgnoresHealth))
            {
                return true;
            }

            await PersistAsync();
        }

        return false;
    }

    /// <summary>Sets every timer of a registered host.</summary>
    private void Watch()
    {
        // A registered host is watched for as long as it is; one that is not may be collected like any idle grain.
        DelayDeactivation(TimeSpan.MaxValue);
        _silenceEnd.Watch(RetryInterval);
        _drainEnd.Watch();
        WatchHealth();
        WatchSlowStart();
    }

    private void StopWatching()
    {
        _silenceEnd.Stop();
        _drainEnd.Stop();
        _slowStartTimer?.Dispose();
        _slowStartTimer = null;
        StopProbes();
    }

    private async Task OnSilenceAsync()
    {
        var host = Host!;
        if (!host.IsActive)
        {
            // Should the removal fail, it is tried again.
            _silenceEnd.Watch(RetryInterval);
            LogExpired(host.ClientId, settings.StaleAfter * Silence.RemovalFactor);
            await Remove();
            return;
        }

        Host = host with { IsActive = false };
        _silenceEnd.Watch(RetryInterval);
        LogStale(host.ClientId, settings.StaleAfter);
        _isDirty = true;
        await PublishLoggedAsync();
        await TryPersistAsync();
    }

    private IGrainTimer CreateTimer(Func<CancellationToken, Task> callback) => this.RegisterGrainTimer(callback, NotYet);

    /// <summary>Timers that are set when there is something to wait for.</summary>
    private static GrainTimerCreationOptions NotYet { get; } = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    [LoggerMessage(102, LogLevel.Warning, "Host {ClientId} has not reported for {StaleAfter} and is out of routing")]
    private partial void LogStale(string clientId, TimeSpan staleAfter);

    [LoggerMessage(103, LogLevel.Information, "Host {ClientId} reports again and is back in routing")]
    private partial void LogBack(string clientId);

    [LoggerMessage(113, LogLevel.Error, "What is stored of host {ClientId} cannot be read: {Problem}")]
    private partial void LogUnreadable(string clientId, string problem);

    [LoggerMessage(107, LogLevel.Warning, "Host {ClientId} has not reported for {Silence} and is removed with its history")]
    private partial void LogExpired(string clientId, TimeSpan silence);
}
