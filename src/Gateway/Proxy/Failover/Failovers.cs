using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>Creates the failover state of requests that need one; most do not.</summary>
internal sealed class Failovers(EndpointBreaker breaker, RetryBudget budget)
{
    /// <summary>A request begins. Returns what it must know before the first try; null in the usual case, when nothing is blocked.</summary>
    public RequestFailover? Begin(ReadOnlySpan<char> path)
    {
        budget.RequestBegins();
        if (breaker.Blocked is not { } blocked)
        {
            return null;
        }

        var failover = Create();
        foreach (var (clientId, host) in blocked)
        {
            failover.Consider(clientId, host, path);
        }

        return failover;
    }

    /// <summary>Creates the state for a request that has just failed once.</summary>
    public RequestFailover Create() => new(breaker, budget);

    /// <summary>A host's endpoint responded.</summary>
    public void Responded(HostSnapshot host, string url) => breaker.Responded(host, url);

    /// <summary>The request is over.</summary>
    public void End(RequestFailover? failover)
    {
        budget.RequestEnds();
        failover?.End();
    }
}
