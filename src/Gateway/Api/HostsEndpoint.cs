using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /clients</c>: the hosts that the gateway knows, ordered by client id.</summary>
internal sealed class HostsEndpoint(GatewayFleet fleet, SessionCounts sessions)
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

    private static bool? ParseFlag(string text) => text switch
    {
        "true" or "1" => true,
        "" or "false" or "0" => false,
        _ => null,
    };
}
