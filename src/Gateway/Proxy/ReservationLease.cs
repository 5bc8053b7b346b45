using Opsen.Gateway.Routing;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Owns what is reserved for one request on its way from host to host. Each decision replaces the one before, which the index ends then; what is held at the
/// end is released if it ends with the request, or if its host never heard of the request. A session's reservation is the session's, and never held here.
/// </summary>
/// <param name="isSession">Whether the request has a session.</param>
internal struct ReservationLease(bool isSession)
{
    private PooledReservation _held;
    private bool _endsWithRequest;

    /// <summary>What the next decision replaces; null for nothing.</summary>
    public readonly PooledReservation? Replaced => _held.Id == Guid.Empty ? null : _held;

    /// <summary>Holds what a decision reserved.</summary>
    public void Hold(in RouteResult route)
    {
        // A request that leaves its session's host just this once has its own reservation, which ends with it.
        _held = isSession && !route.EndsWithRequest ? default : new(route.Decision.Pool, route.ReservationId);
        _endsWithRequest = route.EndsWithRequest;
    }

    /// <summary>Nothing reached the host, so its reservation is unused: release it at the end.</summary>
    public void HostWasNotReached() => _endsWithRequest = true;

    /// <summary>Releases the reservation if it ends with the request or is unused. Once.</summary>
    public void End(IRouteResolver routes)
    {
        if (_endsWithRequest && _held.Id != Guid.Empty)
        {
            routes.Release(_held);
            _held = default;
        }
    }
}
