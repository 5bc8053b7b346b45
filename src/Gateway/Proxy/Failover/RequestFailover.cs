using System.Collections.Immutable;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>
/// The hosts that one request cannot use. Created only when something is blocked or has failed. A host without any usable endpoint is excluded, so that a
/// session leaves it. A host that lacks only the endpoint for this request's path keeps its sessions: the request alone goes elsewhere, placed like one
/// without a session, and what is reserved for it ends with it.
/// </summary>
internal sealed class RequestFailover(EndpointBreaker breaker, RetryBudget budget)
{
    private ImmutableArray<string> _excluded = [];
    private ImmutableArray<string> _withoutPath = [];
    private bool _isDetour;
    private bool _isRetrying;
    private Ejection? _trial;
    private long _claim;

    /// <summary>Finds a host that can be used.</summary>
    /// <param name="routes">Finds hosts.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="replaces">The reservation that a new one replaces, or null.</param>
    /// <param name="cancellation">Ends it.</param>
    public async ValueTask<RouteResult> ResolveAsync(IRouteResolver routes, RouteQuery query, PooledReservation? replaces, CancellationToken cancellation)
    {
        var isSession = query.StickyId is not null;
        var route = await routes.ResolveAsync(
            isSession ? query with { Excluded = _excluded } : query with { Excluded = _excluded.AddRange(_withoutPath), Replaces = replaces }, cancellation);
        _isDetour = isSession && route is { Outcome: RouteOutcome.Routed, Host: { } own } && _withoutPath.Contains(own.ClientId);
        if (_isDetour)
        {
            route = await routes.ResolveAsync(query with { StickyId = null, Excluded = _excluded.AddRange(_withoutPath), Replaces = replaces }, cancellation);
            route = route with { EndsWithRequest = route.Outcome == RouteOutcome.Routed };
        }

        if (route.Host?.ClientId != _trial?.Host.ClientId)
        {
            GiveUpTrial();
        }

        return route;
    }

    /// <summary>Whether a host is one that the request must not be sent to.</summary>
    public bool IsLeftOut(string clientId) => _excluded.Contains(clientId) || _withoutPath.Contains(clientId);

    /// <summary>An endpoint could not be connected.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="url">Its URL.</param>
    /// <param name="cause">Why, for people.</param>
    /// <param name="isSession">Whether the request has a session.</param>
    public void LeaveUnreachable(HostSnapshot host, string url, string cause, bool isSession)
    {
        var trial = _trial;
        _trial = null;
        breaker.Failed(host, url, cause, trial);
        Leave(host.ClientId, isSession, isSession && !breaker.IsWhollyUnreachable(host, url));
    }

    /// <summary>An endpoint did not respond in time.</summary>
    public void MetSilence(HostSnapshot host, string url, string cause)
    {
        var trial = _trial;
        _trial = null;
        breaker.Silent(host, url, cause, trial);
    }

    /// <summary>The connection to a host was lost. Its session is tried there again, because its state is there.</summary>
    public void LeaveLost(HostSnapshot host, bool isSession)
    {
        GiveUpTrial();
        if (!isSession || _isDetour)
        {
            Leave(host.ClientId, isSession, keepsSession: true);
        }
    }

    /// <summary>Takes a place in the retry budget until the retry is answered; false when there is none.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask<bool> TryBeginRetryAsync(CancellationToken cancellation) =>
        _isRetrying = _isRetrying || await budget.TryBeginAsync(cancellation);

    /// <summary>A host's response has begun.</summary>
    public void Responded()
    {
        if (_trial is { } trial)
        {
            _trial = null;
            breaker.Succeeded(trial);
        }

        EndRetry();
    }

    /// <summary>The request is over, however it ended.</summary>
    public void End()
    {
        GiveUpTrial();
        EndRetry();
    }

    /// <summary>Leaves a host out whose endpoint for the path is blocked, unless this request tries it.</summary>
    public void Consider(string clientId, BlockedHost host, ReadOnlySpan<char> path)
    {
        var url = EndpointTable.For(host.Registration).Select(path).Url;
        var isDown = host.Down.Contains(url);
        var ejection = host.FindEjection(url);
        if (!isDown && (ejection is null || TryBeginTrial(ejection)))
        {
            return;
        }

        if (host.IsWhollyBlocked())
        {
            _excluded = _excluded.Add(clientId);
        }
        else
        {
            _withoutPath = _withoutPath.Add(clientId);
        }
    }

    /// <summary>At most one trial a request, so that none waits for several dead hosts.</summary>
    private bool TryBeginTrial(Ejection ejection)
    {
        if (_trial is not null || !ejection.TryBeginTrial(breaker.TrialPatience, out _claim))
        {
            return false;
        }

        _trial = ejection;
        return true;
    }

    private void Leave(string clientId, bool isSession, bool keepsSession)
    {
        if (isSession && (keepsSession || _isDetour))
        {
            _withoutPath = _withoutPath.Add(clientId);
        }
        else
        {
            _excluded = _excluded.Add(clientId);
        }
    }

    private void GiveUpTrial()
    {
        _trial?.GiveUpTrial(_claim);
        _trial = null;
    }

    private void EndRetry()
    {
        if (_isRetrying)
        {
            _isRetrying = false;
            budget.End();
        }
    }
}
