using Opsen.Gateway.Problems;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Routing;

/// <summary>Writes the response for a request that gets no host, the same for <c>/route</c> and the proxy.</summary>
internal static class RouteRefusal
{
    /// <summary><c>Retry-After</c> when no host fits: about the interval at which agents report and reservations expire.</summary>
    private static readonly TimeSpan RetryWithoutCapacity = TimeSpan.FromSeconds(5);

    /// <summary><c>Retry-After</c> when no decision can be made: a failover or a drained queue takes less.</summary>
    private static readonly TimeSpan RetryWithoutDecision = TimeSpan.FromSeconds(1);

    /// <summary><c>Retry-After</c> when there are too many sessions: they are counted once a minute.</summary>
    private static readonly TimeSpan RetryWithoutSessions = TimeSpan.FromMinutes(1);

    /// <summary>Writes the problem that <paramref name="result"/> is.</summary>
    public static Task WriteAsync(HttpContext context, RouteResult result) => result.Outcome switch
    {
        RouteOutcome.UnknownTier => Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.UnknownTier, result.Detail),
        RouteOutcome.KeyReused => Problem.WriteAsync(context, StatusCodes.Status422UnprocessableEntity, ProblemTypes.KeyReused, result.Detail),
        RouteOutcome.NoCapacity => RefuseAsync(context, ProblemTypes.NoCapacity, result, RetryWithoutCapacity),
        RouteOutcome.Overloaded => RefuseAsync(context, ProblemTypes.Overloaded, result, RetryWithoutDecision),
        RouteOutcome.SessionsFull => RefuseAsync(context, ProblemTypes.SessionsFull, result, RetryWithoutSessions),
        RouteOutcome.NotStored => RefuseAsync(context, ProblemTypes.NotStored, result, RetryWithoutDecision),
        _ => RefuseAsync(context, ProblemTypes.Unavailable, result, RetryWithoutDecision),
    };

    private static Task RefuseAsync(HttpContext context, string type, RouteResult result, TimeSpan retryAfter) => Problem.WriteAsync(
        context,
        StatusCodes.Status503ServiceUnavailable,
        type,
        result.Detail + RefusalText.AboutQueue(result.Queue),
        result.Queue?.Estimated ?? retryAfter,
        result.Decision.Explanation is { } explanation ? ExplanationFormat.Format(explanation, result.DecidedAt) : null,
        result.Queue is { } queue ? Format(queue) : null);

    private static QueueEntry Format(QueuePlace queue) =>
        new(Seconds(queue.Waited), queue.Position > 0 ? queue.Position : null, queue.Estimated is { } time ? Seconds(time) : null);

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
