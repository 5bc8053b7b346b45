using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /health</c>: that the process answers, and how many hosts it knows. Needs nothing but the gateway's own copy of the fleet.</summary>
internal sealed class HealthEndpoint(GatewayFleet fleet, TimeProvider time)
{
    public Task HandleAsync(HttpContext context)
    {
        var counts = fleet.Count();
        return context.Response.WriteAsJsonAsync(
            new HealthResponse("ok", time.GetUtcNow(), counts.Total, counts.Active, counts.Unhealthy, fleet.IsPanic), WireJson.Outgoing.HealthResponse);
    }
}
