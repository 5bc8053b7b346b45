using System.Collections.Concurrent;
using System.Collections.Immutable;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>
/// Takes endpoints that cannot be connected, or do not answer again and again, out of this gateway's routing at once, and back in when a trial request is
/// answered, a probe reaches them or their host registers again. Hosts with an ejected endpoint are never more than half of those that can be routed to, so
/// that trouble of this gateway's own network does not empty the fleet. What a host's grain has found (<see cref="HostSnapshot.DownEndpoints"/>) is left out
/// too.
/// </summary>
/// <remarks>While nothing is blocked a request reads one field. Everything else happens under a lock, on failures and on news of the fleet.</remarks>
internal sealed partial class EndpointBreaker : IDisposable
{
    /// <summary>After so many requests in a row that had no response in time an endpoint is taken out.</summary>
    public const int SilencesInARow = 3;

    private readonly GatewayFleet _fleet;
    private readonly UnreachableReports _reports;
    private readonly UnreachableHostLog _unreachable;
    private readonly TimeProvider _time;
    private readonly ILogger<EndpointBreaker> _logger;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<(string ClientId, string Url), int> _silences = new();
    private readonly HashSet<string> _routable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<Ejection>> _ejected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostSnapshot> _partlyDown = new(StringComparer.Ordinal);
    private volatile bool _hasSilences;
    private volatile Dictionary<string, BlockedHost>? _blocked;

    /// <summary>Starts to follow the fleet.</summary>
    public EndpointBreaker(GatewayFleet fleet, UnreachableReports reports, UnreachableHostLog unreachable, ProxySettings settings, TimeProvider time,
        ILogger<EndpointBreaker> logger)
    {
        (_fleet, _reports, _unreachable, _time, _logger) = (fleet, reports, unreachable, time, logger);
        TrialPatience = settings.ConnectTimeout + TimeSpan.FromSeconds(1);
        fleet.Follow(Follow);
        lock (_lock)
        {
            ReadWholeFleet();
            Publish();
        }
    }

    /// <summary>Hosts with endpoints that are left out, by client id; null in the usual case, when there are none. Never changed once it is here.</summary>
    public Dictionary<string, BlockedHost>? Blocked => _blocked;

    /// <summary>How long a trial may be under way before another one may begin: choosing a host and connecting to it take less.</summary>
    public TimeSpan TrialPatience { get; }

    /// <inheritdoc/>
    public void Dispose() => _fleet.Unfollow(Follow);

    /// <summary>Ejects an endpoint that could not be connected, unless too many hosts are ejected already, and tells its host's grain.</summary>
    /// <param name="host">The host.</param>
    /// <param name="url">The endpoint's URL.</param>
    /// <param name="cause">Why, for people.</param>
    /// <param name="trial">The ejection on trial, if the request was its trial.</param>
    public void Failed(HostSnapshot host, string url, string cause, Ejection? trial)
    {
        _reports.Tell(host.ClientId, url);
        if (!Eject(host, url, cause, trial))
        {
            _unreachable.Report(host.ClientId, cause);
        }
    }

    /// <summary>An endpoint took a request and did not answer in time. One is slow now and then; one that does it <see cref="SilencesInARow"/> times in a row
    /// is taken out.</summary>
    /// <param name="host">The host.</param>
    /// <param name="url">The endpoint's URL.</param>
    /// <param name="cause">Why, for people.</param>
    /// <param name="trial">The ejection on trial, if the request was its trial.</param>
    public void Silent(HostSnapshot host, string url, string cause, Ejection? trial)
    {
        var silences = _silences.AddOrUpdate((host.ClientId, url), 1, static (_, count) => count + 1);
        _hasSilences = true;
        if (silences >= SilencesInARow || trial is not null)
        {
            _silences.TryRemove((host.ClientId, url), out _);
            Eject(host, url, cause, trial);
        }
    }

    /// <summary>An endpoint has responded.</summary>
    public void Responded(HostSnapshot host, string url)
    {
        // Asking the dictionary itself would take its locks, for every request.
        if (_hasSilences && _silences.TryRemove((host.ClientId, url), out _))
        {
            _hasSilences = false;
            _hasSilences = !_silences.IsEmpty;
        }
    }

    /// <summary>Whether it is out now.</summary>
    private bool Eject(HostSnapshot host, string url, string cause, Ejection? trial)
    {
        lock (_lock)
        {
            var ejections = _ejected.GetValueOrDefault(host.ClientId, []);
            if (ejections.FirstOrDefault(ejection => ejection.Url == url) is { } ejected)
            {
                if (ejected == trial)
                {
                    var longer = ejected.Longer();
                    _ejected[host.ClientId] = ejections.Replace(ejected, longer);
                    LogStillOut(host.ClientId, url, cause, longer.Duration);
                    Publish();
                }

                return true;
            }

            if (_routable.Contains(host.ClientId) && (!ejections.IsEmpty || (_ejected.Count + 1) * 2 <= _routable.Count))
            {
                _ejected[host.ClientId] = ejections.Add(new(host, url, Ejection.FirstDuration, _time));
                LogOut(host.ClientId, url, cause);
                Publish();
                return true;
            }
        }

        return false;
    }

    /// <summary>Readmits an endpoint whose trial succeeded.</summary>
    public void Succeeded(Ejection trial)
    {
        lock (_lock)
        {
            if (End(trial.Host.ClientId, ejection => ejection == trial, news: null))
            {
                Publish();
            }
        }
    }

    /// <summary>Whether no endpoint of a host can be used, given that one just failed.</summary>
    public bool IsWhollyUnreachable(HostSnapshot host, string failedUrl) =>
        host.Registration.Endpoints.Length == 1
        || (_blocked?.GetValueOrDefault(host.ClientId) ?? new BlockedHost(host.Registration, [], host.DownEndpoints)).IsWhollyBlocked(failedUrl);

    private static bool IsRoutable(HostSnapshot host) => host.IsActive && host.Health != HealthStatus.Unhealthy;

    private void Follow(FleetChanges changes)
    {
        lock (_lock)
        {
            var hasChanged = changes.IsFull && ReadWholeFleet();
            if (!changes.IsFull)
            {
                // One that moved to another pool is still there.
                foreach (var clientId in changes.Removed.Where(clientId => _fleet.Find(clientId) is null))
                {
                    hasChanged |= Forget(clientId);
                }

                foreach (var host in changes.Changed)
                {
                    hasChanged |= Take(host.Snapshot);
                }
            }

            if (KeepShare() || hasChanged)
            {
                Publish();
            }
        }
    }

    private bool ReadWholeFleet()
    {
        var gone = _routable.Concat(_ejected.Keys).Concat(_partlyDown.Keys).Where(clientId => _fleet.Find(clientId) is null).ToList();
        gone.ForEach(clientId => Forget(clientId));
        foreach (var entry in _fleet.Entries)
        {
            Take(entry.Snapshot);
        }

        return true;
    }

    /// <summary>Applies a change of a host; returns whether it changes what is blocked.</summary>
    private bool Take(HostSnapshot host)
    {
        _ = IsRoutable(host) ? _routable.Add(host.ClientId) : _routable.Remove(host.ClientId);
        var hasChanged = End(host.ClientId, ejection => ejection.IsEndedBy(host), host);
        if (host.DownEndpoints.IsEmpty)
        {
            return _partlyDown.Remove(host.ClientId) || hasChanged;
        }

        _partlyDown[host.ClientId] = host;
        return true;
    }

    private bool Forget(string clientId)
    {
        _routable.Remove(clientId);
        return _ejected.Remove(clientId) | _partlyDown.Remove(clientId);
    }

    /// <summary>Hosts that went or became unhealthy make the share smaller: the oldest ejections end then.</summary>
    private bool KeepShare()
    {
        var hasChanged = false;
        while (_ejected.Count * 2 > _routable.Count && _ejected.Count > 0)
        {
            hasChanged |= End(_ejected.MinBy(pair => pair.Value[0].Since).Key, _ => true, news: null);
        }

        return hasChanged;
    }

    private bool End(string clientId, Predicate<Ejection> isOver, HostSnapshot? news)
    {
        if (!_ejected.TryGetValue(clientId, out var ejections) || ejections.RemoveAll(isOver) is var left && left.Length == ejections.Length)
        {
            return false;
        }

        foreach (var ended in ejections.Except(left))
        {
            // The whole fleet leaves the host out now, so this gateway need not.
            if (news is null || (IsRoutable(news) && !news.DownEndpoints.Contains(ended.Url)))
            {
                LogBack(clientId, ended.Url);
            }
        }

        _ = left.IsEmpty ? _ejected.Remove(clientId) : (_ejected[clientId] = left).IsEmpty;
        return true;
    }

    private void Publish() => _blocked = _ejected.Count + _partlyDown.Count == 0
        ? null
        : _ejected.Keys.Union(_partlyDown.Keys, StringComparer.Ordinal).ToDictionary(static clientId => clientId, Describe, StringComparer.Ordinal);

    private BlockedHost Describe(string clientId)
    {
        var ejections = _ejected.GetValueOrDefault(clientId, []);
        var known = _fleet.Find(clientId)?.Snapshot ?? _partlyDown.GetValueOrDefault(clientId) ?? ejections[0].Host;
        return new BlockedHost(known.Registration, ejections, known.DownEndpoints);
    }

    [LoggerMessage(3304, LogLevel.Warning, "Host {Host} cannot be used at {Url}: {Cause}; it gets no requests from here until a trial after 1 s or more is answered")]
    private partial void LogOut(string host, string url, string cause);

    [LoggerMessage(3305, LogLevel.Debug, "Host {Host} still cannot be used at {Url}: {Cause}; the next trial is in {Duration}")]
    private partial void LogStillOut(string host, string url, string cause, TimeSpan duration);

    [LoggerMessage(3306, LogLevel.Information, "Host {Host} may get requests at {Url} again")]
    private partial void LogBack(string host, string url);
}
