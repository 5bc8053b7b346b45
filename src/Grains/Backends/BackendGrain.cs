using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends.Probing;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Sessions;

namespace Opsen.Grains.Backends;

/// <summary>
/// Life cycle, persistence and timers of one host. Every change ends in one immutable snapshot, handed to the pool's index. Timers of probes interleave, so whatever
/// changes the host does so between two awaits.
/// </summary>
internal sealed partial class BackendGrain(
    [PersistentState("backend", GrainSettings.StorageName)] IPersistentState<BackendState> storage,
    GrainSettings settings,
    ProbeFactory probes,
    GrainReferences<ITierIndexGrain> indexes,
    ISessionStore sessions,
    IReportHistory history,
    TimeProvider time,
    ILogger<BackendGrain> logger) : Grain, IBackendGrain
{
    /// <summary>A report is stored at most this often: after a crash the next one is never far away, and the one before it is good enough to route by.</summary>
    private static readonly TimeSpan ReportPersistInterval = TimeSpan.FromSeconds(10);

    /// <summary>Timers take no more than 49 days. Every tick asks first whether its time has come, so a longer one is several of these.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private readonly Silence _silence = new(settings.StaleAfter, time);
    private Coalesced<bool> _saving = null!;
    private Coalesced<bool> _publishing = null!;
    private IGrainTimer? _silenceTimer;
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
        _isDirty ? PersistAsync() : Task.CompletedTask;

    public async Task Register(BackendRegistration registration)
    {
        ThrowIfUnreadable();
        var previous = Host;
        var isSameTarget = previous is not null && previous.Registration.Endpoint == registration.Endpoint;
        if (!isSameTarget || previous!.IsShutdownDrain)
        {
            _slowStart.Begin();
        }

        _health?.Follow(registration.Endpoints);
        var host = new HostSnapshot
        {
            Registration = registration,
            Load = previous?.Load,
            ReportSequence = previous?.ReportSequence ?? 0,
            IsActive = true,
            LastSeen = time.GetUtcNow(),
            LastHealthCheck = isSameTarget ? previous!.LastHealthCheck : null,
            RegisteredAt = NextTick(previous?.RegisteredAt ?? 0),
            AffinityEpoch = previous?.AffinityEpoch ?? NextTick(0),
            SlowStartLeft = _slowStart.Left,
        };
        Host = WithHealth(HostLifecycle.Reregister(host, previous));
        storage.State.CreatedAt ??= host.LastSeen;
        try
        {
            await PersistAsync();
        }
        catch
        {
            // What is not acknowledged is not registered.
            Host = previous;
            _health?.Follow(previous?.Registration.Endpoints ?? []);
            throw;
        }

        _silence.End();
        _isClaiming = true;
        if (previous is not null && previous.Registration.Pool != registration.Pool)
        {
            await Index(previous.Registration.Pool).Remove(registration.ClientId);
        }

        Watch();
        await PublishAsync();
        LogRegistered(registration.ClientId, registration.Hostname, registration.Endpoint, registration.Pool);
    }

    public async Task<bool> Report(LoadReport report, string? pool)
    {
        ThrowIfUnreadable();
        await FollowGatewayAsync(pool);
        return await TakeAsync(report, keepsHistory: true);
    }

    /// <remarks>Not kept in the history: it comes every second, and most of it repeats what an agent reports.</remarks>
    public Task ReportUtilization(UtilizationReport report) =>
        Host is { } host && UtilizationLoad.Of(report, host, time.GetUtcNow()) is { } load ? TakeAsync(load, keepsHistory: false) : Task.CompletedTask;

    private async Task<bool> TakeAsync(LoadReport report, bool keepsHistory)
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
        _silence.End();
        WatchSilence();
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

    public async Task<bool> Retire(long registeredAt, long reportSequence)
    {
        if (Host is not { } host)
        {
            return storage.State.Unreadable is null;
        }

        if (host.RegisteredAt > registeredAt || host.ReportSequence > reportSequence)
        {
            return false;
        }

        await ForgetAfterPublishingAsync(isInIndex: false);
        LogRetired(host.ClientId);
        return true;
    }

    public async Task<bool> Remove()
    {
        if (storage.State.Unreadable is not null)
        {
            await RemoveUnreadableAsync();
            return true;
        }

        if (Host is not { } host)
        {
            return false;
        }

        await ForgetAfterPublishingAsync(isInIndex: true);
        LogRetired(host.ClientId);
        return true;
    }

    /// <summary>The time in ticks, but always more than before, whatever the clock does.</summary>
    private long NextTick(long previous) => Math.Max(time.GetUtcNow().UtcTicks, previous + 1);

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

    /// <summary>Forgets the host when nothing of it is on its way to the index any more, where it would arrive behind the removal.</summary>
    private async Task ForgetAfterPublishingAsync(bool isInIndex)
    {
        _isLeaving = true;
        try
        {
            await PublishAsync();
            await ForgetAsync(isInIndex);
        }
        finally
        {
            _isLeaving = false;
        }
    }

    private async Task ForgetAsync(bool isInIndex)
    {
        if (Host is not { } host)
        {
            return;
        }

        StopWatching();
        Host = null;
        try
        {
            // The index first: a host that only it still knew would get requests for ever.
            if (isInIndex)
            {
                await Index(host.Registration.Pool).Remove(host.ClientId);
            }

            await PersistAsync();
        }
        catch
        {
            // It is still stored, so it is still there; its probes tell the index.
            Host = host;
            Watch();
            throw;
        }

        sessions.ForgetHost(host.ClientId, host.AffinityEpoch);
        history.Forget(host.ClientId);
        DelayDeactivation(TimeSpan.Zero);
    }

    /// <summary>Sets every timer of a registered host.</summary>
    private void Watch()
    {
        // A registered host is watched for as long as it is; one that is not may be collected like any idle grain.
        DelayDeactivation(TimeSpan.MaxValue);
        WatchSilence();
        WatchDrain();
        WatchHealth();
        WatchSlowStart();
    }

    private void StopWatching()
    {
        _silenceTimer?.Dispose();
        _drainTimer?.Dispose();
        _slowStartTimer?.Dispose();
        _silenceTimer = _drainTimer = _slowStartTimer = null;
        StopProbes();
    }

    private void WatchSilence()
    {
        _silenceTimer ??= this.RegisterGrainTimer(OnSilenceAsync, NotYet);

        // What is overdue failed and is tried again.
        var left = _silence.Left(Host!.IsActive);
        _silenceTimer.Change(left <= TimeSpan.Zero ? RetryInterval : left < LongestTimer ? left : LongestTimer, Timeout.InfiniteTimeSpan);
    }

    private async Task OnSilenceAsync(CancellationToken cancellation)
    {
        if (Host is not { } host)
        {
            return;
        }

        // A report may have come while this waited for its turn.
        if (_silence.Left(host.IsActive) > TimeSpan.Zero)
        {
            WatchSilence();
            return;
        }

        _silenceTimer!.Change(RetryInterval, Timeout.InfiniteTimeSpan);
        if (!host.IsActive)
        {
            LogExpired(host.ClientId, settings.StaleAfter * Silence.RemovalFactor);
            await Remove();
            return;
        }

        Host = host with { IsActive = false };
        WatchSilence();
        LogStale(host.ClientId, settings.StaleAfter);
        _isDirty = true;
        await PublishLoggedAsync();
        await TryPersistAsync();
    }

    /// <summary>Timers that are set when there is something to wait for.</summary>
    private static GrainTimerCreationOptions NotYet { get; } = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    [LoggerMessage(101, LogLevel.Information, "Host {ClientId} ({Hostname}) registered with endpoint {Endpoint} in pool {Pool}")]
    private partial void LogRegistered(string clientId, string hostname, string endpoint, string pool);

    [LoggerMessage(102, LogLevel.Warning, "Host {ClientId} has not reported for {StaleAfter} and is out of routing")]
    private partial void LogStale(string clientId, TimeSpan staleAfter);

    [LoggerMessage(103, LogLevel.Information, "Host {ClientId} reports again and is back in routing")]
    private partial void LogBack(string clientId);

    [LoggerMessage(105, LogLevel.Information, "Host {ClientId} lost its endpoint {Endpoint} to a later registration and is forgotten")]
    private partial void LogSuperseded(string clientId, string endpoint);

    [LoggerMessage(106, LogLevel.Information, "Host {ClientId} is forgotten")]
    private partial void LogRetired(string clientId);

    [LoggerMessage(113, LogLevel.Error, "What is stored of host {ClientId} cannot be read: {Problem}")]
    private partial void LogUnreadable(string clientId, string problem);

    [LoggerMessage(107, LogLevel.Warning, "Host {ClientId} has not reported for {Silence} and is removed with its history")]
    private partial void LogExpired(string clientId, TimeSpan silence);
}
