using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /health</c>: that the process answers, and how many hosts it knows. Needs nothing but the gateway's own copy of the fleet.</summary>
internal sealed class HealthEndpoint(GatewayFleet fleet, TimeProvider time)
{
    public Task HandleAsync(HttpContext context)
    {
        var total = 0;
        var active = 0;
        var unhealthy = 0;
        foreach (var entry in fleet.Entries)
        {
            total++;
            active += entry.Snapshot.IsActive ? 1 : 0;
            unhealthy += entry.Snapshot.Health == HealthStatus.Unhealthy ? 1 : 0;
        }

        return context.Response.WriteAsJsonAsync(
            new HealthResponse("ok", time.GetUtcNow(), total, active, unhealthy, fleet.IsPanic), WireJson.Outgoing.HealthResponse);
    }
}
