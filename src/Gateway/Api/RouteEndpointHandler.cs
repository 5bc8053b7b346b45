using System.Globalization;
using Opsen.Gateway.AccessLogs;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>POST /route</c>: chooses a host and reserves on it, for callers that forward requests themselves.</summary>
internal sealed class RouteEndpointHandler(
    JsonBody body,
    IRouteResolver resolver,
    StickyKeyResolver stickyKeys,
    GeoLocator geo,
    GatewayFleet fleet,
    Tenants tenants,
    ServerOptions options,
    TimeProvider time)
{
    private const int MostWaitSeconds = 86_400;

    public async Task HandleAsync(HttpContext context)
    {
        if (await body.ReadAsync(context, WireJson.Incoming.RouteRequest) is not { } request)
        {
            return;
        }

        var checks = new FieldChecks();
        var preference = WaitPreference.Read(context);
        if (Read(context, request, preference, checks) is not { } query)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        var since = time.GetTimestamp();
        var result = await resolver.ResolveAsync(query, context.RequestAborted);
        if (context.Features.Get<AccessEntry>() is { } entry)
        {
            (entry.Tier, entry.Session, entry.Decision) = (query.Tier, query.StickyId, time.GetElapsedTime(since));
            entry.Decided(result);
        }

        if (preference is { } wait)
        {
            context.Response.Headers[WaitPreference.AppliedHeader] = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:0}");
        }

        await RespondAsync(context, result);
    }

    /// <summary>The tiers by which decisions are made: the index's, once they are known here.</summary>
    private string TierNames => string.Join(", ", fleet.Tiers.IsEmpty ? options.Tiers.Select(tier => tier.Name) : fleet.Tiers.Select(tier => tier.Name));

    private RouteQuery? Read(HttpContext context, RouteRequest request, TimeSpan? preference, FieldChecks checks)
    {
        var stickyId = stickyKeys.Resolve(context);
        if (string.IsNullOrEmpty(request.Tier))
        {
            checks.Refuse("tier", $"is required. Configured tiers: {TierNames}");
        }

        var place = checks.Place("client_lat", request.ClientLat, "client_lon", request.ClientLon);
        var address = checks.Address("client_ip", request.ClientIp);
        if (stickyId is not null && !StickyKeyResolver.IsAcceptable(stickyId))
        {
            checks.Refuse($"The header {options.StickyHeader}", $"must have at most {StickyKeyResolver.MaxLength} characters and not be '.' or '..'");
        }

        var wait = checks.Number("wait", context.Request.Query["wait"].ToString(), whenAbsent: -1, least: 0, most: MostWaitSeconds);
        var callerKey = IdempotencyKey.Read(context, checks);
        return checks.Passed
            ? new RouteQuery(request.Tier!, stickyId, place.IsKnown ? place : geo.Locate(address))
            {
                Explain = context.Request.Query["explain"] == "true",
                IsLasting = true,
                Wait = fleet.HasWaitingRooms
                    ? new WaitTerms(wait >= 0 ? TimeSpan.FromSeconds(wait) : preference ?? TimeSpan.MaxValue, tenants.Of(context)) : null,
                CallerKey = stickyId is null ? callerKey : null,
            }
            : null;
    }

    private static Task RespondAsync(HttpContext context, RouteResult result) => result is not { Outcome: RouteOutcome.Routed, Host: { } host }
        ? RouteRefusal.WriteAsync(context, result)
        : context.Response.WriteAsJsonAsync(
            new RouteResponse
            {
                ClientId = host.ClientId,
                Endpoint = host.Registration.Endpoint,
                Hostname = host.Registration.Hostname,
                DistanceKm = result.Decision.DistanceKm,
                ReservationId = result.ReservationId == Guid.Empty ? null : result.ReservationId.ToString("N"),
                GpuIds = result.GpuIds,
                Pool = result.Decision.Pool.Length > 0 ? result.Decision.Pool : null,
                Spilled = result.HasSpilled ? true : null,
                WaitedSeconds = result.Queue is { } queue ? Math.Round(queue.Waited.TotalSeconds, 3) : null,
                Explanation = result.Decision.Explanation is { } explanation ? ExplanationFormat.Format(explanation, result.DecidedAt) : null,
            },
            WireJson.Outgoing.RouteResponse);
}
