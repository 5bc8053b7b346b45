namespace Opsen.Gateway.Routing;

/// <summary>Finds hosts for requests.</summary>
internal interface IRouteResolver
{
    /// <summary>Finds the host for a request. Never throws for an expected outcome; takes at most <see cref="RoutingPatience.Total"/>.</summary>
    ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation);

    /// <summary>Releases a reservation that no session owns, without waiting.</summary>
    void Release(PooledReservation reservation);

    /// <summary>Releases a reservation and says whether there was one. Where an index in another process cannot be asked in time it is true: the reservation
    /// ends as soon as one can.</summary>
    Task<bool> ReleaseAsync(Guid reservationId);
}
