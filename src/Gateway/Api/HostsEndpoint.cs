using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /clients</c>: the hosts that the gateway knows, ordered by client id; <c>GET /clients/{id}</c>: one of them, of any pool.</summary>
internal sealed class HostsEndpoint(GatewayFleet fleet, SessionCounts sessions, GrainCalls calls, IGrainFactory grains)
{
    private const string ActiveOnly = "active_only";

    public async Task HandleAsync(HttpContext context)
    {
        var wish = context.Request.Query[ActiveOnly].ToString();
        if (ParseFlag(wish) is not { } activeOnly)
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, $"{ActiveOnly} must be true or false, it is {FieldChecks.Quote(wish)}.");
            return;
        }

        var counts = await sessions.CountAsync(context.RequestAborted);
        IReadOnlyList<ClientEntry> entries =
        [
            .. fleet.Entries
                .Select(entry => entry.Snapshot)
                .Where(host => !activeOnly || host.IsActive)
                .OrderBy(host => host.ClientId, StringComparer.Ordinal)
                .Select(host => HostEntryFormat.Format(host, counts?.Of(host))),
        ];
        await context.Response.WriteAsJsonAsync(entries, WireJson.Outgoing.IReadOnlyListClientEntry);
    }

    /// <summary><c>GET /clients/{id}</c>: 200 with the entry of <c>GET /clients</c>, or 404.</summary>
    public async Task GetAsync(HttpContext context)
    {
        var clientId = PathIds.Read(context, LifecycleEndpoints.Root);
        HostSnapshot? host = null;
        if (LifecycleEndpoints.IsAcceptable(clientId)
            && !await calls.TryAsync(context, async () => host = await grains.GetGrain<IBackendGrain>(clientId).GetSnapshot()))
        {
            return;
        }

        if (host is null)
        {
            await LifecycleEndpoints.WriteUnknownAsync(context, clientId);
            return;
        }

        var counts = await sessions.CountAsync(context.RequestAborted);
        await context.Response.WriteAsJsonAsync(HostEntryFormat.Format(host, counts?.Of(host)), WireJson.Outgoing.ClientEntry);
    }

    private static bool? ParseFlag(string text) => text switch
    {
        "true" or "1" => true,
        "" or "false" or "0" => false,
        _ => null,
    };
}
