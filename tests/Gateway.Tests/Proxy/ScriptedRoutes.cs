using System.Collections.Concurrent;
using System.Collections.Immutable;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Routes to the first host that is not excluded, and keeps what it was asked.</summary>
internal sealed class ScriptedRoutes(params HostSnapshot[] hosts) : IRouteResolver
{
    public ConcurrentQueue<RouteQuery> Queries { get; } = new();

    public ConcurrentQueue<Guid> Reservations { get; } = new();

    public ConcurrentQueue<Guid> Released { get; } = new();

    public HostSnapshot[] Hosts => hosts;

    /// <summary>Cards that every reservation holds.</summary>
    public ImmutableArray<int> GpuIds { get; init; } = [];

    /// <summary>Reservations without a session that were neither released nor given up for another one.</summary>
    public IReadOnlyList<Guid> Leaked => [.. Reservations.Except(Released).Except(Queries.Select(query => query.Replaces?.Id ?? Guid.Empty))];

    /// <summary>Whether the tier's reservations end with the request.</summary>
    public bool EndsWithRequest { get; init; }

    public double DistanceKm { get; init; }

    /// <summary>Runs before each answer.</summary>
    public Action<RouteQuery> Deciding { get; init; } = static _ => { };

    public RouteOutcome WithoutHost { get; init; } = RouteOutcome.NoCapacity;

    /// <summary>A host with one endpoint.</summary>
    public static HostSnapshot Host(string clientId, string url) => Host(clientId, new BackendEndpoint(url, []));

    /// <summary>A host.</summary>
    public static HostSnapshot Host(string clientId, params BackendEndpoint[] endpoints) => new()
    {
        Registration = new BackendRegistration { ClientId = clientId, Pool = "default", Hostname = clientId + "-name", Endpoints = [.. endpoints] },
        IsActive = true,
    };

    public ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation)
    {
        Queries.Enqueue(query);
        Deciding(query);
        var host = hosts.FirstOrDefault(candidate => !query.Excluded.Contains(candidate.ClientId));
        if (host is null)
        {
            return new(RouteResult.Refused(WithoutHost, "scripted detail"));
        }

        var reservation = Guid.NewGuid();
        Reservations.Enqueue(reservation);
        return new(new RouteResult(new PlacementDecision
        {
            Outcome = RouteOutcome.Routed,
            ClientId = host.ClientId,
            ReservationId = reservation,
            DistanceKm = DistanceKm,
            GpuIds = GpuIds
        })
        {
            Host = host,
            EndsWithRequest = EndsWithRequest && query.StickyId is null,
        });
    }

    public void Release(PooledReservation reservation) => Released.Enqueue(reservation.Id);

    public Task<bool> ReleaseAsync(Guid reservationId) => Task.FromResult(false);
}
