using Opsen.Gateway.Routing;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Owns what is reserved for one request on its way from host to host. Each decision replaces the one before, which the index ends then; what is held at the
/// end is released if it ends with the request, or if its host never heard of the request. A session's reservation is the session's, and never held here.
/// </summary>
/// <param name="isSession">Whether the request has a session.</param>
internal struct ReservationLease(bool isSession)
{
    private Guid _id;
    private bool _endsWithRequest;

    /// <summary>What the next decision replaces; null for nothing.</summary>
    public readonly Guid? Replaced => _id == Guid.Empty ? null : _id;

    /// <summary>Holds what a decision reserved.</summary>
    public void Hold(in RouteResult route)
    {
        // A request that leaves its session's host just this once has its own reservation, which ends with it.
        _id = isSession && !route.EndsWithRequest ? Guid.Empty : route.ReservationId;
        _endsWithRequest = route.EndsWithRequest;
    }

    /// <summary>Nothing reached the host, so its reservation is unused: release it at the end.</summary>
    public void HostWasNotReached() => _endsWithRequest = true;

    /// <summary>Releases the reservation if it ends with the request or is unused. Once.</summary>
    public void End(IRouteResolver routes)
    {
        if (_endsWithRequest && _id != Guid.Empty)
        {
            routes.Release(_id);
            _id = Guid.Empty;
        }
    }
}
