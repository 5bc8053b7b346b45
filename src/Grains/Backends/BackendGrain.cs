using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends.Probing;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Sessions;

namespace Opsen.Grains.Backends;

/// <summary>Life cycle, persistence and timers of one host. Every change ends in one immutable snapshot, handed to the pool's index.</summary>
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

    private readonly HealthTracker _health = new(
        settings.HealthChecks?.UnhealthyThreshold ?? int.MaxValue,
        settings.HealthChecks?.HealthyThreshold ?? int.MaxValue);

    private IGrainTimer? _staleTimer;
    private IGrainTimer? _probeTimer;
    private long _persistedAt;
    private bool _isDirty;

    private HostSnapshot? Host
    {
        get => storage.State.Host;
        set => storage.State.Host = value;
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Host is { } host)
        {
            _health.Restore(host.Health, host.LatencyMs);
            StartTimers(host);
        }

        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _isDirty ? PersistAsync() : Task.CompletedTask;

    public async Task Register(BackendRegistration registration)
    {
        var previous = Host;
        var isSameTarget = previous is not null && previous.Registration.Endpoint == registration.Endpoint;
        if (!isSameTarget)
        {
            _health.Restore(HealthStatus.Unknown, 0);
        }

        Host = new HostSnapshot
        {
            Registration = registration,
            Load = previous?.Load,
            ReportSequence = previous?.ReportSequence ?? 0,
            IsActive = true,
            LastSeen = time.GetUtcNow(),
            Health = _health.Status,
            LatencyMs = _health.LatencyMs,
            LastHealthCheck = isSameTarget ? previous!.LastHealthCheck : null,
            Lifecycle = previous?.Lifecycle ?? Lifecycle.InService,
            RegisteredAt = NextTick(previous?.RegisteredAt ?? 0),
            AffinityEpoch = previous?.AffinityEpoch ?? NextTick(0),
        };
        storage.State.CreatedAt ??= Host.LastSeen;
        await PersistAsync();
        if (previous is not null && previous.Registration.Pool != registration.Pool)
        {
            await Index(previous.Registration.Pool).Remove(registration.ClientId);
        }

        StartTimers(Host);
        await PublishAsync();
        LogRegistered(registration.ClientId, registration.Hostname, registration.Endpoint, registration.Pool);
    }

    public Task<bool> Report(LoadReport report) => TakeAsync(report, keepsHistory: true);

    /// <remarks>Not kept in the history: it comes every second, and most of it repeats what an agent reports.</remarks>
    public Task ReportUtilization(UtilizationReport report) =>
        Host is { } host && UtilizationLoad.Of(report, host, time.GetUtcNow()) is { } load ? TakeAsync(load, keepsHistory: false) : Task.CompletedTask;

    private async Task<bool> TakeAsync(LoadReport report, bool keepsHistory)
    {
        if (Host is not { } host)
        {
            return false;
        }

        var isFirst = host.Load is null;
        var receivedAt = time.GetUtcNow();
        Host = host with
        {
            Load = report,
            ReportSequence = host.ReportSequence + 1,
            IsActive = true,
            LastSeen = receivedAt,
        };
        _staleTimer?.Change(settings.StaleAfter, Timeout.InfiniteTimeSpan);
        if (!host.IsActive)
        {
            LogBack(host.ClientId);
        }

        _isDirty = true;
        if (isFirst || !host.IsActive || time.GetElapsedTime(_persistedAt) >= ReportPersistInterval)
        {
            await PersistAsync();
        }

        if (!await PublishAsync())
        {
            return false;
        }

        if (keepsHistory)
        {
            history.Add(host.ClientId, receivedAt, report);
        }

        return true;
    }

    public Task<HostSnapshot?> GetSnapshot() => Task.FromResult(Host);

    public Task ReportUnreachable(string endpointUrl) =>
        settings.HealthChecks is not null && Host?.Registration.Endpoints.Any(endpoint => endpoint.Url == endpointUrl) == true
            ? ProbeAsync(CancellationToken.None)
            : Task.CompletedTask;

    public async Task Retire(long registeredAt)
    {
        if (Host is not { } host || host.RegisteredAt > registeredAt)
        {
            return;
        }

        await ForgetAsync();
        LogRetired(host.ClientId);
    }

    private static Uri EndpointOf(HostSnapshot host) => new(host.Registration.Endpoint);

    /// <summary>The time in ticks, but always more than before, whatever the clock does.</summary>
    private long NextTick(long previous) => Math.Max(time.GetUtcNow().UtcTicks, previous + 1);

    private ITierIndexGrain Index(string pool) => indexes.Get(pool);

    private async Task PersistAsync()
    {
        _isDirty = false;
        _persistedAt = time.GetTimestamp();
        await storage.WriteStateAsync();
    }

    private async Task ForgetAsync()
    {
        if (Host is { } host)
        {
            sessions.ForgetHost(host.ClientId, host.AffinityEpoch);
        }

        _staleTimer?.Dispose();
        _probeTimer?.Dispose();
        _staleTimer = _probeTimer = null;
        Host = null;
        _isDirty = false;
        DelayDeactivation(TimeSpan.Zero);
        await storage.ClearStateAsync();
    }

    /// <summary>Hands the snapshot to the index. False when the index says that another host has taken this one's endpoint.</summary>
    private async Task<bool> PublishAsync()
    {
        if (Host is not { } host || await Index(host.Registration.Pool).Observe(host))
        {
            return Host is not null;
        }

        LogSuperseded(host.ClientId, host.Registration.Endpoint);
        await ForgetAsync();
        return false;
    }

    private void StartTimers(HostSnapshot host)
    {
        // A registered host is watched for as long as it is; one that is not may be collected like any idle grain.
        DelayDeactivation(TimeSpan.MaxValue);

        // A host that was active when the silo stopped gets its full time again: the silence may have been ours.
        _staleTimer ??= this.RegisterGrainTimer(OnStaleAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        if (host.IsActive)
        {
            _staleTimer.Change(settings.StaleAfter, Timeout.InfiniteTimeSpan);
        }

        if (settings.HealthChecks is { } checks && _probeTimer is null)
        {
            // Interleaved, so that a probe that waits for its timeout holds no report back.
            _probeTimer = this.RegisterGrainTimer(ProbeAsync, new GrainTimerCreationOptions(TimeSpan.Zero, checks.Interval) { Interleave = true });
        }
    }

    private async Task OnStaleAsync(CancellationToken cancellation)
    {
        if (Host is not { IsActive: true } host)
        {
            return;
        }

        Host = host with { IsActive = false };
        LogStale(host.ClientId, settings.StaleAfter);
        await PersistAsync();
        await PublishAsync();
    }

    private async Task ProbeAsync(CancellationToken cancellation)
    {
        if (Host is not { } probed)
        {
            return;
        }

        var started = time.GetTimestamp();
        var failure = await probes.Probe.ProbeAsync(EndpointOf(probed), cancellation);
        if (Host is not { } host || host.Registration.Endpoint != probed.Registration.Endpoint)
        {
            return;
        }

        var hasChanged = failure is null ? _health.Succeeded(time.GetElapsedTime(started).TotalMilliseconds) : _health.Failed();
        Host = host with { Health = _health.Status, LatencyMs = _health.LatencyMs, LastHealthCheck = time.GetUtcNow() };
        if (hasChanged)
        {
            LogHealth(host.ClientId, _health.Status, failure ?? "none");
            _isDirty = true;
            if (_health.Status == HealthStatus.Unhealthy)
            {
                sessions.ForgetHost(host.ClientId, host.AffinityEpoch);
                Host = Host with { AffinityEpoch = NextTick(host.AffinityEpoch) };
            }
        }

        await PublishAsync();
    }

    [LoggerMessage(101, LogLevel.Information, "Host {ClientId} ({Hostname}) registered with endpoint {Endpoint} in pool {Pool}")]
    private partial void LogRegistered(string clientId, string hostname, string endpoint, string pool);

    [LoggerMessage(102, LogLevel.Warning, "Host {ClientId} has not reported for {StaleAfter} and is out of routing")]
    private partial void LogStale(string clientId, TimeSpan staleAfter);

    [LoggerMessage(103, LogLevel.Information, "Host {ClientId} reports again and is back in routing")]
    private partial void LogBack(string clientId);

    [LoggerMessage(104, LogLevel.Information, "Host {ClientId} is {Status}; last probe failure: {Failure}")]
    private partial void LogHealth(string clientId, HealthStatus status, string failure);

    [LoggerMessage(105, LogLevel.Information, "Host {ClientId} lost its endpoint {Endpoint} to a later registration and is forgotten")]
    private partial void LogSuperseded(string clientId, string endpoint);

    [LoggerMessage(106, LogLevel.Information, "Host {ClientId} is forgotten")]
    private partial void LogRetired(string clientId);
}
