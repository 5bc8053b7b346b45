using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Backends.Probing;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>The host's health: probes, what they change, and what of that the index has to know.</summary>
internal sealed partial class BackendGrain
{
    /// <summary>A latency that moved by less than this many ms since it was published is not worth telling: in the score it is as much as one percent of
    /// CPU.</summary>
    private const double LatencyStep = 1;

    /// <summary>Nor is one that moved by less than this share of it.</summary>
    private const double LatencyShare = 0.1;

    /// <summary>A host of which nothing changes is published this often nevertheless, so that people see when it was probed.</summary>
    private static readonly TimeSpan PublishInterval = TimeSpan.FromSeconds(30);

    private readonly HostHealth? _health = settings.HealthChecks is { } checks ? new(checks) : null;
    private readonly SlowStart _slowStart = new(settings.SlowStart, time);
    private ImmutableArray<ProbeLine> _lines = [];
    private IGrainTimer? _slowStartTimer;
    private HostSnapshot? _published;
    private long _publishedAt;

    /// <summary>Whether the sessions that the host had when it became unhealthy are void already.</summary>
    private bool _areSessionsVoid;

    public Task ReportUnreachable(string endpointUrl)
    {
        _lines.FirstOrDefault(line => line.Endpoint.Url == endpointUrl)?.ReportedUnreachable();
        return Task.CompletedTask;
    }

    private void RestoreHealth(HostSnapshot host)
    {
        _health?.Follow(host.Registration.Endpoints);
        _health?.Restore(storage.State.Endpoints);
        _areSessionsVoid = host.Health == HealthStatus.Unhealthy;

        // Where probes are off now, what they last said no longer counts.
        Host = WithHealth(host);
    }

    private HostSnapshot WithHealth(HostSnapshot host) => host with
    {
        Health = _health?.Status ?? HealthStatus.Unknown,
        LatencyMs = _health?.LatencyMs ?? 0,
        DownEndpoints = _health?.Down ?? [],
    };

    private void WatchHealth()
    {
        if (_health is null || settings.HealthChecks is not { } checks)
        {
            return;
        }

        foreach (var line in _lines.Where(line => !_health.Endpoints.Contains(line.Endpoint)))
        {
            line.Dispose();
        }

        // Interleaved, so that a probe that waits for its timeout holds no report back.
        _lines =
        [
            .. _health.Endpoints.Select(endpoint => _lines.FirstOrDefault(line => line.Endpoint == endpoint) ?? new ProbeLine(
                endpoint,
                probes.Probe,
                new ProbePace(checks.Interval, checks.UnhealthyThreshold, checks.HealthyThreshold),
                time,
                callback => this.RegisterGrainTimer(callback, NotYet with { Interleave = true }),
                OnProbed)),
        ];
    }

    private void StopProbes()
    {
        foreach (var line in _lines)
        {
            line.Dispose();
        }

        _lines = [];
    }

    private void OnProbed(EndpointHealth endpoint, bool hasChanged)
    {
        if (Host is not { } host || _health is null)
        {
            return;
        }

        var hostChanged = hasChanged && _health.Merge();
        if (hostChanged)
        {
            LogHealth(host.ClientId, _health.Status, endpoint.Url, endpoint.Cause);
        }
        else if (hasChanged)
        {
            LogEndpointHealth(endpoint.Url, host.ClientId, endpoint.Status, endpoint.Cause);
        }

        if (hostChanged && host.Health == HealthStatus.Unhealthy)
        {
            BeginSlowStart();
        }

        Host = WithHealth(Host) with { LastHealthCheck = time.GetUtcNow(), SlowStartLeft = _slowStart.Left };
        if (hasChanged)
        {
            _isDirty = true;
            PublishAndPersistAsync().Ignore();
        }
        else if (IsWorthPublishing(Host))
        {
            PublishLoggedAsync().Ignore();
        }
    }

    private bool IsWorthPublishing(HostSnapshot host) =>
        _published is not { } published
        || published.Health != host.Health
        || !published.DownEndpoints.SequenceEqual(host.DownEndpoints)
        || published.LastHealthCheck is null
        || Math.Abs(published.LatencyMs - host.LatencyMs) >= Math.Max(LatencyStep, LatencyShare * published.LatencyMs)
        || time.GetElapsedTime(_publishedAt) >= PublishInterval;

    private void Published(HostSnapshot host)
    {
        _published = host;
        _publishedAt = time.GetTimestamp();
    }

    /// <summary>Makes the sessions of a host void that is unhealthy and known to the index as that, unless the pool's panic lets them stay. True when the host
    /// changed by that.</summary>
    private bool VoidSessions(bool ignoresHealth)
    {
        if (Host is not { Health: HealthStatus.Unhealthy } host)
        {
            _areSessionsVoid = false;
            return false;
        }

        if (_areSessionsVoid || ignoresHealth)
        {
            return false;
        }

        _areSessionsVoid = true;
        sessions.ForgetHost(host.ClientId, host.AffinityEpoch);
        Host = host with { AffinityEpoch = NextTick(host.AffinityEpoch) };
        return true;
    }

    private async Task PublishAndPersistAsync()
    {
        await PublishLoggedAsync();
        await TryPersistAsync();
    }

    /// <summary>Publishes for a probe, which waits for nobody: should it fail, the next probe tries again.</summary>
    private async Task PublishLoggedAsync()
    {
        try
        {
            await PublishAsync();
        }
#pragma warning disable CA1031 // Whatever the index says, there is a next probe.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotPublished(storage.State.Host?.ClientId ?? "", error.Message);
        }
    }

    private void BeginSlowStart()
    {
        _slowStart.Begin();
        WatchSlowStart();
    }

    private void WatchSlowStart()
    {
        if (_slowStart.Left > 0)
        {
            _slowStartTimer ??= this.RegisterGrainTimer(OnSlowStartAsync, NotYet with { Interleave = true });
            _slowStartTimer.Change(_slowStart.Step, _slowStart.Step);
        }
    }

    private Task OnSlowStartAsync(CancellationToken cancellation)
    {
        if (Host is not { } host)
        {
            return Task.CompletedTask;
        }

        Host = host with { SlowStartLeft = _slowStart.Left };
        if (Host.SlowStartLeft == 0)
        {
            _slowStartTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _isDirty = true;
            LogSlowStartOver(host.ClientId);
        }

        return PublishLoggedAsync();
    }

    [LoggerMessage(104, LogLevel.Information, "Host {ClientId} is {Status}: endpoint {Endpoint}: {Cause}")]
    private partial void LogHealth(string clientId, HealthStatus status, string endpoint, string cause);

    [LoggerMessage(108, LogLevel.Information, "Endpoint {Endpoint} of host {ClientId} is {Status}: {Cause}")]
    private partial void LogEndpointHealth(string endpoint, string clientId, HealthStatus status, string cause);

    [LoggerMessage(109, LogLevel.Warning, "The state of host {ClientId} could not be handed to its index; the next probe tries again: {Message}")]
    private partial void LogNotPublished(string clientId, string message);

    [LoggerMessage(111, LogLevel.Information, "Host {ClientId} has ended its slow start")]
    private partial void LogSlowStartOver(string clientId);
}
