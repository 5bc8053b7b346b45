using System.Collections.Immutable;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /decisions</c>: recent decisions; <c>GET /decisions/{reservation_id}</c>: why one of them was made.</summary>
internal sealed class DecisionEndpoint(GrainCalls calls, GatewayIndexes indexes)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    /// <summary><c>GET /decisions?limit=</c>: the latest decisions that found a host, of all of the gateway's pools.</summary>
    public async Task ListAsync(HttpContext context)
    {
        var checks = new FieldChecks();
        var limit = (int)checks.Number("limit", context.Request.Query["limit"].ToString(), DefaultLimit, 1, MaxLimit);
        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        ImmutableArray<RecentDecision>[] found = [];
        if (await calls.TryAsync(context, async () => found = await indexes.AllAsync(index => index.GetDecisions(limit))))
        {
            var latest = found.SelectMany(static decisions => decisions).OrderByDescending(static decision => decision.DecidedAt).Take(limit);
            await context.Response.WriteAsJsonAsync(
                new DecisionListResponse { Decisions = [.. latest.Select(ToEntry)] }, WireJson.Outgoing.DecisionListResponse);
        }
    }

    /// <summary>Answers the call: 404 when the decision is no longer remembered.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        DecisionRecord? decision = null;
        if (Guid.TryParse(context.GetRouteValue("id") as string, out var id)
            && !await calls.TryAsync(
                context, async () => decision = await indexes.FirstAsync(index => index.GetDecision(id), static found => found is not null)))
        {
            return;
        }

        if (decision is null)
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status404NotFound, ProblemTypes.NotReserved, "No such decision is remembered: only the latest few thousand are, and none after a restart.");
            return;
        }

        await context.Response.WriteAsJsonAsync(
            new DecisionResponse
            {
                ReservationId = decision.ReservationId.ToString("N"),
                ClientId = decision.ClientId,
                Tier = decision.Tier,
                DecidedAt = decision.DecidedAt,
                Explanation = ExplanationFormat.Format(decision.Explanation, decision.ExplainedAt),
            },
            WireJson.Outgoing.DecisionResponse);
    }

    private static DecisionEntry ToEntry(RecentDecision decision) =>
        new(decision.ReservationId.ToString("N"), decision.Tier, decision.ClientId, decision.StickyId, decision.DecidedAt);
}
