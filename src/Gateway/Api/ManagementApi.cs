using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Api;

/// <summary>The table of the management API.</summary>
internal static class ManagementApi
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Purging = [HttpMethods.Post, HttpMethods.Delete];

    /// <summary>Maps every call of the management API. Other methods on these paths are answered 405 with <c>Allow</c>.</summary>
    public static void MapManagementApi(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var purge = services.GetRequiredService<PurgeEndpoints>();
        var lifecycle = services.GetRequiredService<LifecycleEndpoints>();
        var reservations = services.GetRequiredService<ReservationEndpoints>();
        var sessions = services.GetRequiredService<SessionEndpoints>();
        endpoints.MapPost("/register", services.GetRequiredService<RegisterEndpoint>().HandleAsync);
        endpoints.MapPost("/stats", services.GetRequiredService<StatsEndpoint>().HandleAsync);
        endpoints.MapPost("/route", services.GetRequiredService<RouteEndpointHandler>().HandleAsync);
        endpoints.MapMethods(ManagementPaths.Health, Reading, services.GetRequiredService<HealthEndpoint>().HandleAsync);
        endpoints.MapMethods("/clients", Reading, services.GetRequiredService<HostsEndpoint>().HandleAsync);
        endpoints.MapMethods("/clients/purge", Purging, purge.PurgeStaleAsync);
        endpoints.MapMethods("/clients/purge-pending", Purging, purge.PurgePendingAsync);
        endpoints.MapDelete("/clients/{id}", lifecycle.RemoveAsync);
        endpoints.MapPost("/clients/{id}/drain", lifecycle.DrainAsync);
        endpoints.MapPost("/clients/{id}/undrain", lifecycle.UndrainAsync);
        endpoints.MapPost("/clients/{id}/maintenance", lifecycle.BeginMaintenanceAsync);
        endpoints.MapDelete("/reservations/{id}", reservations.ReleaseAsync);
        endpoints.MapPost("/reservations/{id}/renew", reservations.RenewAsync);
        endpoints.MapMethods("/sessions", Reading, sessions.ListAsync);
        endpoints.MapMethods("/sessions/{sticky_id}", Reading, sessions.GetAsync);
        endpoints.MapDelete("/sessions/{sticky_id}", sessions.EndAsync);
        endpoints.MapMethods("/decisions/{id}", Reading, services.GetRequiredService<DecisionEndpoint>().HandleAsync);
    }
}
