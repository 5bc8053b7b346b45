using Opsen.Gateway.Problems;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>Answers a request for which no host was found: the same for <c>/route</c> and the proxy.</summary>
internal static class RouteRefusal
{
    /// <summary>When to ask again while no host fits: agents report, and reservations end, at such intervals.</summary>
    private static readonly TimeSpan RetryWithoutCapacity = TimeSpan.FromSeconds(5);

    /// <summary>When to ask again while no decision can be made: an index that fails over, or a queue that drains, is back sooner.</summary>
    private static readonly TimeSpan RetryWithoutDecision = TimeSpan.FromSeconds(1);

    /// <summary>Writes the problem that <paramref name="result"/> is.</summary>
    public static Task WriteAsync(HttpContext context, RouteResult result) => result.Outcome switch
    {
        RouteOutcome.UnknownTier => Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.UnknownTier, result.Detail),
        RouteOutcome.NoCapacity => RefuseAsync(context, ProblemTypes.NoCapacity, result, RetryWithoutCapacity),
        RouteOutcome.Overloaded => RefuseAsync(context, ProblemTypes.Overloaded, result, RetryWithoutDecision),
        RouteOutcome.NotStored => RefuseAsync(context, ProblemTypes.NotStored, result, RetryWithoutDecision),
        _ => RefuseAsync(context, ProblemTypes.Unavailable, result, RetryWithoutDecision),
    };

    private static Task RefuseAsync(HttpContext context, string type, RouteResult result, TimeSpan retryAfter) => Problem.WriteAsync(
        context,
        StatusCodes.Status503ServiceUnavailable,
        type,
        result.Detail,
        retryAfter,
        result.Explanation is { } explanation ? ExplanationFormat.Format(explanation, result.DecidedAt) : null);
}
