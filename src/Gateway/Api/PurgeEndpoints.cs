using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>/clients/purge</c> and <c>/clients/purge-pending</c>: remove stale hosts, drop reservations.</summary>
internal sealed class PurgeEndpoints(JsonBody body, GrainCalls calls, IGrainFactory grains, ServerOptions options, TimeProvider time)
{
    private ITierIndexGrain Index => grains.GetGrain<ITierIndexGrain>(options.Pool);

    /// <summary>Removes the stale hosts.</summary>
    public Task PurgeStaleAsync(HttpContext context) => PurgeAsync(context, () => Index.PurgeStale());

    /// <summary>Drops all reservations.</summary>
    public Task PurgePendingAsync(HttpContext context) => PurgeAsync(context, () => Index.PurgeReservations());

    private async Task PurgeAsync(HttpContext context, Func<Task<int>> purge)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var purged = 0;
        if (await calls.TryAsync(context, async () => purged = await purge()))
        {
            await context.Response.WriteAsJsonAsync(new PurgeResponse("success", purged, time.GetUtcNow()), WireJson.Outgoing.PurgeResponse);
        }
    }
}
