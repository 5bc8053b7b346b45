using Opsen.Gateway.Geo;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Problems;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Routing;

/// <summary><c>POST /route</c>: chooses a host and reserves on it, for callers that forward requests themselves.</summary>
internal sealed class RouteEndpointHandler(
    JsonBody body, IRouteResolver resolver, StickyKeyResolver stickyKeys, GeoLocator geo, FleetView fleet, ServerOptions options)
{
    /// <summary>When to ask again while no host fits: agents report, and reservations end, at such intervals.</summary>
    private static readonly TimeSpan RetryWithoutCapacity = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryWithoutDecision = TimeSpan.FromSeconds(1);

    /// <summary>Answers the call.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (await body.ReadAsync(context, WireJson.Incoming.RouteRequest) is not { } request)
        {
            return;
        }

        var checks = new FieldChecks();
        if (Read(request, stickyKeys.Resolve(context), checks) is not { } query)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        if (!IsKnown(query.Tier))
        {
            await RefuseTierAsync(context, query.Tier);
            return;
        }

        var result = await resolver.ResolveAsync(query, context.RequestAborted);
        await AnswerAsync(context, query, result);
    }

    /// <summary>The tiers by which decisions are made: the index's, once they are known here.</summary>
    private string TierNames => string.Join(", ", fleet.Tiers.IsEmpty ? options.Tiers.Select(tier => tier.Name) : fleet.Tiers.Select(tier => tier.Name));

    private bool IsKnown(string tier) => fleet.Tiers.IsEmpty ? options.Tiers.Any(known => known.Name == tier) : fleet.FindTier(tier) >= 0;

    private RouteQuery? Read(RouteRequest request, string? stickyId, FieldChecks checks)
    {
        if (string.IsNullOrEmpty(request.Tier))
        {
            checks.Refuse("tier", $"is required. Configured tiers: {TierNames}");
        }

        var place = checks.Place("client_lat", request.ClientLat, "client_lon", request.ClientLon);
        var address = checks.Address("client_ip", request.ClientIp);
        if (stickyId is not null && !StickyKeyResolver.IsAcceptable(stickyId))
        {
            checks.Refuse($"The header {options.StickyHeader}", $"must have at most {StickyKeyResolver.MaxLength} characters");
        }

        return checks.Passed ? new RouteQuery(request.Tier!, stickyId, place.IsKnown ? place : geo.Locate(address)) : null;
    }

    private Task AnswerAsync(HttpContext context, RouteQuery query, RouteResult result) => result switch
    {
        { Outcome: RouteOutcome.Routed, Host: { } host } => context.Response.WriteAsJsonAsync(
            new RouteResponse
            {
                ClientId = host.ClientId,
                Endpoint = host.Registration.Endpoint,
                Hostname = host.Registration.Hostname,
                DistanceKm = result.DistanceKm,
                ReservationId = result.ReservationId == Guid.Empty ? null : result.ReservationId.ToString("N"),
                GpuIds = result.GpuIds,
            },
            WireJson.Outgoing.RouteResponse),
        { Outcome: RouteOutcome.UnknownTier } => RefuseTierAsync(context, query.Tier),
        { Outcome: RouteOutcome.NoCapacity } => RefuseAsync(
            context, ProblemTypes.NoCapacity, result.Detail, $"No host fits tier {query.Tier} now.", RetryWithoutCapacity),
        _ => RefuseAsync(context, ProblemTypes.Unavailable, result.Detail, "No decision could be made in time.", RetryWithoutDecision),
    };

    private Task RefuseTierAsync(HttpContext context, string tier) => Problem.WriteAsync(
        context,
        StatusCodes.Status400BadRequest,
        ProblemTypes.UnknownTier,
        $"The tier {FieldChecks.Quote(tier)} is not configured. Use one of: {TierNames}.");

    private static Task RefuseAsync(HttpContext context, string type, string detail, string summary, TimeSpan retryAfter) => Problem.WriteAsync(
        context, StatusCodes.Status503ServiceUnavailable, type, detail.Length > 0 ? detail : summary, retryAfter);
}
