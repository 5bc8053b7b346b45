using Opsen.Gateway.Problems;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Routing;

namespace Opsen.Gateway.Proxy;

/// <summary>The proxy's own responses. A response that has started is never touched.</summary>
internal static class ProxyResponses
{
    /// <summary>When to ask again while too many retries run: the breaker has taken dead hosts out by then.</summary>
    private static readonly TimeSpan RetryOverBudget = TimeSpan.FromSeconds(1);

    /// <summary>Hosts were found, but none could be used; <paramref name="last"/> is what happened at the last one.</summary>
    public static Task FailedAsync(HttpContext context, ForwardFailure last, string host, int tried) => last.Outcome switch
    {
        ForwardOutcome.Unreachable => Problem.WriteAsync(
            context,
            StatusCodes.Status502BadGateway,
            ProblemTypes.BadGateway,
            $"None of the {tried} host(s) tried could be connected; the last, '{host}': {last.Cause}."),
        ForwardOutcome.NoConnectionLeft => Problem.WriteAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.Overloaded,
            "This gateway has as many connections open as its limit of open files allows. Try again in a moment; its operator can raise the limit.",
            RetryOverBudget),
        ForwardOutcome.BackendSilent => Problem.WriteAsync(
            context,
            StatusCodes.Status504GatewayTimeout,
            ProblemTypes.GatewayTimeout,
            $"The host '{host}' did not answer in the time that request_timeout_seconds allows: {last.Cause}."),
        ForwardOutcome.ClientSilent => StatusProblems.WriteAsync(context, StatusCodes.Status408RequestTimeout),
        ForwardOutcome.BodyRefused => StatusProblems.WriteAsync(context, StatusCodes.Status400BadRequest),
        ForwardOutcome.NotForwardable => Problem.WriteAsync(
            context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, $"The request cannot be forwarded: {last.Cause}"),
        _ => Problem.WriteAsync(context, StatusCodes.Status502BadGateway, ProblemTypes.BadGateway, $"The host '{host}' failed: {last.Cause}."),
    };

    /// <summary>Connecting to hosts in vain took all the time there is.</summary>
    public static Task OutOfTimeAsync(HttpContext context, ForwardFailure last, string host, int tried) => Problem.WriteAsync(
        context,
        StatusCodes.Status504GatewayTimeout,
        ProblemTypes.GatewayTimeout,
        $"None of the {tried} host(s) tried in the time that request_timeout_seconds allows could be connected; the last, '{host}': {last.Cause}.");

    /// <summary>The request could go to another host, but too many others do already.</summary>
    public static Task OverBudgetAsync(HttpContext context, ForwardFailure last, string host) => Problem.WriteAsync(
        context,
        StatusCodes.Status502BadGateway,
        ProblemTypes.RetryBudget,
        $"The host '{host}' failed: {last.Cause}. No other host was tried, because as many retries as the gateway allows at once "
            + $"(one for {RetryBudget.RequestsPerRetry} running requests, at least {RetryBudget.MinRetries}) are under way. Try again in a moment.",
        RetryOverBudget);

    /// <summary>The body is too large. The connection stays open, so that the client can read this before it has sent everything.</summary>
    public static Task BodyTooLargeAsync(HttpContext context) => Problem.WriteAsync(
        context,
        StatusCodes.Status413PayloadTooLarge,
        ProblemTypes.BodyTooLarge,
        "The request's body is larger than max_request_body_bytes allows. Send less.");

    /// <summary>The body was refused while it was read.</summary>
    public static Task BodyRefusedAsync(HttpContext context, BadHttpRequestException refusal) => refusal.StatusCode == StatusCodes.Status413PayloadTooLarge
        ? BodyTooLargeAsync(context)
        : StatusProblems.WriteAsync(context, refusal.StatusCode);

    /// <summary>Whether it is the client's doing: it has gone, or what it sends cannot be read.</summary>
    public static bool IsOfTheCaller(Exception error) => error is IOException or OperationCanceledException;

    /// <summary>The client has gone, or what it sends cannot be read.</summary>
    public static Task CallerFailedAsync(HttpContext context, Exception error)
    {
        if (error is BadHttpRequestException refusal)
        {
            return BodyRefusedAsync(context, refusal);
        }

        // There is nobody to respond to. Abort, so that a half-read request is never taken for a completed one.
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>The path leads out of what is proxied, once it is decoded.</summary>
    public static Task ClimbsOutAsync(HttpContext context) => Problem.WriteAsync(
        context,
        StatusCodes.Status400BadRequest,
        ProblemTypes.BadRequest,
        "The path has '..' segments, perhaps percent-encoded, that lead out of the proxied path. Send the path that is meant.");

    /// <summary>The session's id cannot be used.</summary>
    public static Task BadStickyIdAsync(HttpContext context) => Problem.WriteAsync(
        context,
        StatusCodes.Status400BadRequest,
        ProblemTypes.BadRequest,
        $"The session's id is '.' or '..', or longer than {StickyKeyResolver.MaxLength} characters; send another one.");
}
