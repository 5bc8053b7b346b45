using Opsen.Gateway.Api.Description;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Api;

/// <summary>The table of the management API.</summary>
internal static class ManagementApi
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Posting = [HttpMethods.Post];
    private static readonly string[] Deleting = [HttpMethods.Delete];
    private static readonly string[] Purging = [HttpMethods.Post, HttpMethods.Delete];

    private static readonly ApiScope[] Admins = [ApiScope.Admin];
    private static readonly ApiScope[] Agents = [ApiScope.Admin, ApiScope.Agent];
    private static readonly ApiScope[] Operators = [ApiScope.Admin, ApiScope.Operate];
    private static readonly ApiScope[] AgentsAndOperators = [ApiScope.Admin, ApiScope.Agent, ApiScope.Operate];
    private static readonly ApiScope[] Readers = [ApiScope.Admin, ApiScope.Operate, ApiScope.Read];
    private static readonly ApiScope[] Everyone = Enum.GetValues<ApiScope>();

    /// <summary>Maps every call of the management API. Other methods on these paths are answered 405 with <c>Allow</c>.</summary>
    public static void MapManagementApi(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var purge = services.GetRequiredService<PurgeEndpoints>();
        var lifecycle = services.GetRequiredService<LifecycleEndpoints>();
        var reservations = services.GetRequiredService<ReservationEndpoints>();
        var sessions = services.GetRequiredService<SessionEndpoints>();
        Map("/register", Posting, services.GetRequiredService<RegisterEndpoint>().HandleAsync, Agents, ApiCalls.Register, "register");
        Map("/stats", Posting, services.GetRequiredService<StatsEndpoint>().HandleAsync, Agents, ApiCalls.Report);
        Map("/route", Posting, services.GetRequiredService<RouteEndpointHandler>().HandleAsync, Operators, ApiCalls.Route);
        Map(ManagementPaths.Health, Reading, services.GetRequiredService<HealthEndpoint>().HandleAsync, Everyone, ApiCalls.Health);
        Map("/clients", Reading, services.GetRequiredService<HostsEndpoint>().HandleAsync, Readers, ApiCalls.Hosts);
        Map("/clients/purge", Reading, RefuseReading, Everyone, null);
        Map("/clients/purge", Purging, purge.PurgeStaleAsync, Admins, ApiCalls.PurgeStale, "purge stale hosts");
        Map("/clients/purge-pending", Reading, RefuseReading, Everyone, null);
        Map("/clients/purge-pending", Purging, purge.PurgePendingAsync, Admins, ApiCalls.PurgePending, "purge reservations");
        Map("/clients/{id}", Reading, services.GetRequiredService<HostsEndpoint>().GetAsync, Everyone, ApiCalls.Host);
        Map("/clients/{id}", Deleting, lifecycle.RemoveAsync, Admins, ApiCalls.Remove, "remove");
        Map("/clients/{id}/drain", Posting, lifecycle.DrainAsync, AgentsAndOperators, ApiCalls.Drain, "drain");
        Map("/clients/{id}/undrain", Posting, lifecycle.UndrainAsync, AgentsAndOperators, ApiCalls.Undrain, "undrain");
        Map("/clients/{id}/maintenance", Posting, lifecycle.BeginMaintenanceAsync, Operators, ApiCalls.Maintenance, "maintenance");
        Map("/clients/{id}/history", Reading, services.GetRequiredService<HistoryEndpoint>().HandleAsync, Readers, ApiCalls.History);
        Map("/reservations/{id}", Deleting, reservations.ReleaseAsync, Operators, ApiCalls.Release);
        Map("/reservations/{id}/renew", Posting, reservations.RenewAsync, Operators, ApiCalls.Renew);
        Map("/sessions", Reading, sessions.ListAsync, Readers, ApiCalls.Sessions);
        Map("/sessions/{sticky_id}", Reading, sessions.GetAsync, Readers, ApiCalls.Session);
        Map("/sessions/{sticky_id}", Deleting, sessions.EndAsync, Operators, ApiCalls.EndSession, "end session");
        Map("/decisions", Reading, services.GetRequiredService<DecisionEndpoint>().ListAsync, Readers, ApiCalls.Decisions);
        Map("/decisions/{id}", Reading, services.GetRequiredService<DecisionEndpoint>().HandleAsync, Readers, ApiCalls.Decision);

        // What the purges are called can be no host's id, so no host is missing there.
        static Task RefuseReading(HttpContext context)
        {
            context.Response.Headers.Allow = $"{HttpMethods.Post}, {HttpMethods.Delete}";
            return StatusProblems.WriteAsync(context, StatusCodes.Status405MethodNotAllowed);
        }

        void Map(string pattern, string[] methods, RequestDelegate handle, ApiScope[] scopes, ApiCall? call, string? change = null)
        {
            var endpoint = endpoints.MapMethods(pattern, methods, handle).WithMetadata(new AllowedScopes(scopes));
            if (call is not null)
            {
                endpoint.WithMetadata(call);
            }

            if (change is not null)
            {
                endpoint.WithMetadata(new AuditedChange(change));
            }
        }
    }
}
