using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>/clients/purge</c> and <c>/clients/purge-pending</c>: remove stale hosts, drop reservations.</summary>
internal sealed class PurgeEndpoints(JsonBody body, GrainCalls calls, GatewayIndexes indexes, TimeProvider time)
{
    /// <summary>Removes the stale hosts.</summary>
    public Task PurgeStaleAsync(HttpContext context) => PurgeAsync(context, static index => index.PurgeStale());

    /// <summary>Drops all reservations.</summary>
    public Task PurgePendingAsync(HttpContext context) => PurgeAsync(context, static index => index.PurgeReservations());

    private async Task PurgeAsync(HttpContext context, Func<ITierIndexGrain, Task<int>> purge)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var purged = 0;
        if (await calls.TryAsync(context, async () => purged = (await indexes.AllAsync(purge)).Sum()))
        {
            await context.Response.WriteAsJsonAsync(new PurgeResponse("success", purged, time.GetUtcNow()), WireJson.Outgoing.PurgeResponse);
        }
    }
}
