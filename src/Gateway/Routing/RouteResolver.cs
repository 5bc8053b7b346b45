namespace Opsen.Gateway.Routing;

/// <summary>Finds the host for a request: from the session cache, else from the session's grain, else from the index.</summary>
public sealed class RouteResolver : IRouteResolver
{
    /// <summary>Finds the host. Never throws for an expected outcome; takes at most half a second.</summary>
    public ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation) => throw new InvalidOperationException();

    /// <summary>Gives a reservation back that no session owns, without waiting.</summary>
    public void Release(Guid reservationId) => throw new InvalidOperationException();
}
