using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers;

/// <content>The pool's hosts: what the index hears of them, and what everybody hears from it.</content>
internal sealed partial class TierIndexGrain
{
    public ValueTask<ObserveAnswer> Observe(HostSnapshot snapshot)
    {
        if (_ownerOfEndpoint.TryGetValue(snapshot.Registration.EndpointKey, out var owner) && owner != snapshot.ClientId)
        {
            var previous = _index.Find(owner)!;
            if (previous.RegisteredAt > snapshot.RegisteredAt)
            {
                return new(new ObserveAnswer(IsTaken: false, previous.RegisteredAt, _index.IsPanic));
            }

            Evict(previous);
            LogReplaced(snapshot.ClientId, owner, snapshot.Registration.Endpoint);
            RetireWithoutWaiting(previous);
        }

        Admit(snapshot);
        AnnouncePanic();
        ServeWaiting();
        return new(new ObserveAnswer(IsTaken: true, TakenSince: 0, _index.IsPanic));
    }

    public ValueTask<bool> Remove(string clientId)
    {
        if (_index.Find(clientId) is not { } host)
        {
            return new(false);
        }

        Evict(host);
        AnnouncePanic();
        return new(true);
    }

    /// <summary>The hosts' own grains first: one that reports at this moment stays, and both sides know it.</summary>
    public async Task<int> PurgeStale()
    {
        var stale = _index.Hosts.Where(host => !host.IsActive).ToList();
        var retired = await Task.WhenAll(stale.Select(TryRetireAsync));
        var count = EvictIfUnchanged(stale.Where((_, i) => retired[i]));
        LogStalePurged(Pool, count);
        return count;
    }

    /// <summary>Ingests a host's state.</summary>
    private void Admit(HostSnapshot snapshot)
    {
        var previous = _index.Find(snapshot.ClientId);
        if (previous is not null && previous.Registration != snapshot.Registration)
        {
            Disown(previous);
        }

        _ownerOfEndpoint[snapshot.Registration.EndpointKey] = snapshot.ClientId;
        _index.Upsert(snapshot, NowMs);
        _watch.Heard(snapshot.ClientId);
        Publish(snapshot.ClientId);
    }

    private void Publish(string clientId) => _fleet.Publish(_index.Find(clientId)!, _index.OverloadedTiers(clientId));

    /// <summary>To be called when hosts have changed: where the pool's panic began or ended by that, tells the log and everyone who follows the
    /// fleet.</summary>
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
            LogPanic(Pool, unhealthy, counted, _settings.PanicThresholdPct);
        }
        else
        {
            LogPanicOver(Pool, unhealthy, counted);
        }
    }

    private void Evict(HostSnapshot host)
    {
        Disown(host);
        _index.Remove(host.ClientId);
        _fleet.Remove(host.ClientId);
        _watch.Forget(host.ClientId);
    }

    private void Disown(HostSnapshot host)
    {
        if (_ownerOfEndpoint.GetValueOrDefault(host.Registration.EndpointKey) == host.ClientId)
        {
            _ownerOfEndpoint.Remove(host.Registration.EndpointKey);
        }
    }

    /// <summary>Removes hosts that their grains do not know, unless they were heard of since.</summary>
    private int EvictIfUnchanged(IEnumerable<HostSnapshot> seen)
    {
        var evicted = 0;
        foreach (var host in seen)
        {
            if (_index.Find(host.ClientId) is { } now && now.RegisteredAt == host.RegisteredAt && now.ReportSequence == host.ReportSequence)
            {
                Evict(host);
                evicted++;
            }
        }

        AnnouncePanic();
        return evicted;
    }

    private async Task WakeHostsAsync()
    {
        var gone = await _hosts.WakeAsync();
        if (gone.Count > 0)
        {
            LogUnknownToTheirGrains(EvictIfUnchanged(gone), Pool);
        }
    }

    private async Task WakeSuspectsAsync()
    {
        if (_watch.Suspects() is { Count: > 0 } suspects)
        {
            _hosts.Suspect(suspects.Select(_index.Find).OfType<HostSnapshot>());
            await WakeHostsAsync();
        }
    }

    /// <summary>Where probes are off now, what they last said no longer counts.</summary>
    private HostSnapshot WithoutProbes(HostSnapshot stored) =>
        _settings.HealthChecks is null ? stored with { Health = HealthStatus.Unknown, LatencyMs = 0, DownEndpoints = [] } : stored;

    private async Task<bool> TryRetireAsync(HostSnapshot host)
    {
        try
        {
            return await GrainFactory.GetGrain<IBackendGrain>(host.ClientId).Retire(host.RegisteredAt, host.ReportSequence);
        }
#pragma warning disable CA1031 // The other stale hosts go all the same.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotPurged(host.ClientId, error.Message);
            return false;
        }
    }

    /// <summary>The replaced host's grain may be registering at this moment and waiting for us, so it is told without waiting; should the message get lost,
    /// its next report is refused and it learns then.</summary>
    private void RetireWithoutWaiting(HostSnapshot host) =>
        GrainFactory.GetGrain<IBackendGrain>(host.ClientId).Retire(host.RegisteredAt, long.MaxValue)
            .ContinueWith(task => LogRetireFailed(host.ClientId, task.Exception!.GetBaseException().Message), TaskContinuationOptions.OnlyOnFaulted)
            .Ignore();

    [LoggerMessage(302, LogLevel.Information, "Host {ClientId} replaces {Replaced}, which had its endpoint {Endpoint}")]
    private partial void LogReplaced(string clientId, string replaced, string endpoint);

    [LoggerMessage(303, LogLevel.Warning, "Host {ClientId} could not be told that it was replaced: {Message}")]
    private partial void LogRetireFailed(string clientId, string message);

    [LoggerMessage(306, LogLevel.Error, "Pool {Pool} is in panic: {Unhealthy} of {Hosts} hosts are unhealthy, more than {Threshold} %. Routing ignores health until fewer are")]
    private partial void LogPanic(string pool, int unhealthy, int hosts, int threshold);

    [LoggerMessage(307, LogLevel.Warning, "The panic of pool {Pool} is over: {Unhealthy} of {Hosts} hosts are unhealthy. Routing heeds health again")]
    private partial void LogPanicOver(string pool, int unhealthy, int hosts);

    [LoggerMessage(308, LogLevel.Warning, "{Count} hosts of pool {Pool} were stored as registered, but their grains know nothing of them; they are out of routing")]
    private partial void LogUnknownToTheirGrains(int count, string pool);

    [LoggerMessage(309, LogLevel.Warning, "Stale host {ClientId} could not be removed: {Message}")]
    private partial void LogNotPurged(string clientId, string message);

    [LoggerMessage(305, LogLevel.Information, "{Count} stale hosts of pool {Pool} were purged")]
    private partial void LogStalePurged(string pool, int count);
}
