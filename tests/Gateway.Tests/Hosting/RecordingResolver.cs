using System.Collections.Concurrent;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>Notes queries and answers them all alike.</summary>
internal sealed class RecordingResolver : IRouteResolver
{
    public RouteResult Answer { get; set; } = RouteResult.Refused(RouteOutcome.NoCapacity, "nothing here");

    public ConcurrentQueue<RouteQuery> Queries { get; } = new();

    public ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation)
    {
        Queries.Enqueue(query);
        return ValueTask.FromResult(Answer);
    }

    public void Release(PooledReservation reservation) => throw new InvalidOperationException("The management API releases nothing here.");

    public Task<bool> ReleaseAsync(Guid reservationId) => Task.FromResult(false);
}
