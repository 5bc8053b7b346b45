using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /decisions/{reservation_id}</c>: why a recent decision was made.</summary>
internal sealed class DecisionEndpoint(GrainCalls calls, GatewayIndexes indexes)
{
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
}
