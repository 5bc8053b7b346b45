namespace Opsen.Gateway.Routing;

/// <summary>Finds hosts for requests.</summary>
internal interface IRouteResolver
{
    /// <summary>Finds the host for a request. Never throws for an expected outcome; takes at most half a second.</summary>
    ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation);

    /// <summary>Releases a reservation that no session owns, without waiting.</summary>
    void Release(Guid reservationId);
}
