namespace Opsen.Gateway.Routing;

/// <summary>Finds the host for a request. What the proxy needs of routing.</summary>
public interface IRouteResolver
{
    /// <summary>Finds the host. Never throws for an expected outcome; takes at most half a second.</summary>
    ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation);

    /// <summary>Gives a reservation back that no session owns, without waiting.</summary>
    void Release(Guid reservationId);
}
