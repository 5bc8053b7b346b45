using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Proxy;

/// <summary>The answers that the proxy gives by itself. An answer that has begun is never touched.</summary>
internal static class ProxyAnswers
{
    // Capacity comes back when sessions end or hosts report; an index that fails over is back sooner.
    private const string CapacityRetrySeconds = "5";
    private const string UnavailableRetrySeconds = "1";

    /// <summary>No host was found for the request.</summary>
    public static Task NoHostAsync(HttpContext context, RouteResult route)
    {
        switch (route.Outcome)
        {
            case RouteOutcome.UnknownTier:
                return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "unknown-tier", route.Detail);
            case RouteOutcome.NoCapacity:
                SetRetryAfter(context, CapacityRetrySeconds);
                return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "no-capacity", route.Detail);
            default:
                SetRetryAfter(context, UnavailableRetrySeconds);
                return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "unavailable", route.Detail);
        }
    }

    /// <summary>Hosts were found, but none could be used; <paramref name="last"/> is what happened at the last one.</summary>
    public static Task FailedAsync(HttpContext context, ForwardFailure last, string host, int tried) => last.Outcome switch
    {
        ForwardOutcome.Unreachable => Problem.WriteAsync(
            context, StatusCodes.Status502BadGateway, "bad-gateway", $"None of the {tried} host(s) tried could be connected; the last, '{host}': {last.Cause}."),
        ForwardOutcome.BackendSilent => Problem.WriteAsync(
            context, StatusCodes.Status504GatewayTimeout, "gateway-timeout", $"The host '{host}' did not answer in the time that request_timeout_seconds allows: {last.Cause}."),
        ForwardOutcome.ClientSilent => Problem.WriteAsync(
            context, StatusCodes.Status408RequestTimeout, "request-timeout", $"Send the request faster: {last.Cause} in the time that request_timeout_seconds allows."),
        ForwardOutcome.BodyRefused => Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-request", $"Send the whole body: {last.Cause}."),
        ForwardOutcome.NotForwardable => Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-request", $"The request cannot be forwarded: {last.Cause}"),
        _ => Problem.WriteAsync(context, StatusCodes.Status502BadGateway, "bad-gateway", $"The host '{host}' failed: {last.Cause}."),
    };

    /// <summary>Connecting to hosts in vain took all the time there is.</summary>
    public static Task OutOfTimeAsync(HttpContext context, ForwardFailure last, string host, int tried) => Problem.WriteAsync(
        context,
        StatusCodes.Status504GatewayTimeout,
        "gateway-timeout",
        $"None of the {tried} host(s) tried in the time that request_timeout_seconds allows could be connected; the last, '{host}': {last.Cause}.");

    /// <summary>The server refused the body (413, 408 or 400).</summary>
    public static Task BodyRefusedAsync(HttpContext context, int status, string reason) => Problem.WriteAsync(
        context,
        status,
        status switch
        {
            StatusCodes.Status413PayloadTooLarge => "body-too-large",
            StatusCodes.Status408RequestTimeout => "request-timeout",
            _ => "bad-request",
        },
        reason);

    /// <summary>The session's id cannot be used.</summary>
    public static Task BadStickyIdAsync(HttpContext context) => Problem.WriteAsync(
        context, StatusCodes.Status400BadRequest, "bad-request", $"The session's id is longer than {StickyKeyResolver.MaxLength} characters; send a shorter one.");

    private static void SetRetryAfter(HttpContext context, string seconds)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = seconds;
        }
    }
}
