using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Security;
using Opsen.Grains.Interfaces.Tiers;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Forwards a request to a host, and to another one where that is safe: (1) find a host; (2) forward; (3) give up, unless nothing was sent, or the connection
/// was lost under an idempotent request, with the body untouched, and only once; (4) begin again, within the time limit and the retry budget.
/// </summary>
/// <remarks>
/// A request without a session exchanges its reservation for the next host's. A session leaves a host that cannot be connected; after a lost
/// connection it is tried there again first, because its state is there. A reused connection that was lost is replaced by a new one to the same host.
/// </remarks>
internal sealed class RequestForwarder(
    IRouteResolver routes,
    BackendForwarder backends,
    ForwardingSteps steps,
    Failovers failovers,
    ProxyMetrics metrics,
    ProxySettings settings,
    TimeProvider time)
{
    /// <summary>Forwards the request and writes the response. <paramref name="body"/> is its body, already in place, or null for a request without
    /// one.</summary>
    /// <remarks>One method: every request comes through here, and each async method of its own would cost an object with all the variables.</remarks>
    public async Task ForwardAsync(HttpContext context, RouteQuery query, UntouchedBodyStream? body)
    {
        var exchange = backends.Begin(context, body);
        var isSession = query.StickyId is not null;
        var request = new ForwardedRequest(query.Tier, exchange, steps, body)
        {
            Failover = failovers.Begin(context.Request.Path.Value),
            Lease = new ReservationLease(isSession),
        };
        request.Times.Begun = time.GetTimestamp();
        string? sentTo = null;
        var failure = default(ForwardFailure);
        try
        {
            var isUnlimited = ForwardingProfiles.IsUnlimited(context);
            if (isUnlimited)
            {
                // What the answer is free of, the client's own upload is not.
                body?.LimitSilence(settings.RequestTimeout, time);
            }

            var isRepeated = false;
            while (true)
            {
                // 1 Find a host. Losing a reused connection says nothing about its host, so stay with it.
                var route = failure.Outcome == ForwardOutcome.ReusedConnectionLost ? request.Route
                    : request.Failover is { } known ? await known.ResolveAsync(routes, query, request.Lease.Replaced, context.RequestAborted)
                    : await routes.ResolveAsync(query, context.RequestAborted);
                if (route is not { Outcome: RouteOutcome.Routed, Host: { } host })
                {
                    await RespondWithoutHostAsync(context, route, failure, request);
                    return;
                }

                request.Times.Decided = request.Times.Decided == 0 ? time.GetTimestamp() : request.Times.Decided;
                request.Lease.Hold(route);
                if (request.Failover?.IsLeftOut(host.ClientId) == true)
                {
                    request.Lease.HostWasNotReached();
                    await RespondWithoutHostAsync(context, route, failure, request);
                    return;
                }

                // 2 Forward
                request.SendTo(route, context.Request.Path.Value);
                exchange.NeedsNewConnection = isRepeated;
                metrics.Sent(sentTo = host.ClientId);
                var span = ForwardTrace.Start(request);
                failure = ForwardFailure.From(await backends.SendAsync(context, exchange, isUnlimited, request), context);
                ForwardTrace.End(span, failure, context.Response.StatusCode);
                metrics.Ended(sentTo, failure.Outcome, isCallerGone: context.RequestAborted.IsCancellationRequested);
                sentTo = null;
                Judge(context, request, failure, isSession);
                if (failure.Outcome == ForwardOutcome.Responded || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                {
                    return;
                }

                // 3 Give up
                var isUnreachable = failure.Outcome == ForwardOutcome.Unreachable;
                var isLost = failure.Outcome is ForwardOutcome.ConnectionLost or ForwardOutcome.ReusedConnectionLost;
                var isSafe = isUnreachable || (isLost && !isRepeated && IsIdempotent(context.Request.Method));
                if (body?.Refusal is not null || !isSafe || body is { IsUntouched: false })
                {
                    RestoreHeaders(context);
                    await (body?.Refusal is { } refusal
                        ? ProxyResponses.BodyRefusedAsync(context, refusal)
                        : ProxyResponses.FailedAsync(context, failure, host.ClientId, request.Attempts));
                    return;
                }

                // Since its first host: a request that has waited for room has its whole time then.
                if (!isUnlimited && settings.RequestTimeout != Timeout.InfiniteTimeSpan
                    && time.GetElapsedTime(request.Times.Decided) >= settings.RequestTimeout)
                {
                    await ProxyResponses.OutOfTimeAsync(context, failure, host.ClientId, request.Attempts);
                    return;
                }

                // 4 Begin again
                if (!await request.Failover!.TryBeginRetryAsync(context.RequestAborted))
                {
                    await ProxyResponses.OverBudgetAsync(context, failure, host.ClientId);
                    return;
                }

                metrics.Retried();
                isRepeated |= isLost;
                ForgetFailure(context);
            }
        }
        catch (Exception error) when (ProxyResponses.IsOfTheCaller(error))
        {
            await ProxyResponses.CallerFailedAsync(context, error);
        }
        finally
        {
            body?.Dispose();
            failovers.End(request.Failover);
            request.Lease.End(routes);
            metrics.Finished(context, request, sentTo);
            if (settings.LogsAccess)
            {
                ProxyAccessLog.Note(context, request, query.StickyId, failure, time);
            }
        }
    }

    /// <summary>The forwarder clears a response that it cannot pass on, and the gateway's own headers with it.</summary>
    private void RestoreHeaders(HttpContext context)
    {
        if (settings.SetsSecurityHeaders)
        {
            SecurityHeaders.Set(context);
        }
    }

    /// <summary>Reports the outcome to the breaker and to the connection pool, and prepares the next try.</summary>
    private void Judge(HttpContext context, ForwardedRequest request, ForwardFailure failure, bool isSession)
    {
        // A failure after the caller has gone says nothing about the host.
        var isOver = context.Response.HasStarted || context.RequestAborted.IsCancellationRequested;
        var (host, url) = (request.Host, request.Target.Url);
        switch (failure.Outcome)
        {
            case ForwardOutcome.Responded:
                failovers.Responded(host, url);
                break;

            case ForwardOutcome.BackendSilent when !context.Response.HasStarted:
                backends.Distrust(request.Target);
                (request.Failover ??= failovers.Create()).MetSilence(host, url, failure.Cause);
                break;

            case ForwardOutcome.Unreachable when !isOver:
                (request.Failover ??= failovers.Create()).LeaveUnreachable(host, url, failure.Cause, isSession);
                request.Lease.HostWasNotReached();
                break;

            case ForwardOutcome.ConnectionLost when !isOver:
                (request.Failover ??= failovers.Create()).LeaveLost(host, isSession);
                break;

            case ForwardOutcome.ReusedConnectionLost when !isOver:
                request.Failover ??= failovers.Create();
                break;

            default:
                break;
        }
    }

    private static Task RespondWithoutHostAsync(HttpContext context, RouteResult route, ForwardFailure failure, ForwardedRequest request) =>
        request.Attempts == 0 || route.Outcome == RouteOutcome.Unavailable
            ? RouteRefusal.WriteAsync(context, route)
            : ProxyResponses.FailedAsync(context, failure, request.Host.ClientId, request.Attempts);

    /// <summary>Resets the forwarder's error status, which would keep it from sending again. Other headers stay.</summary>
    private static void ForgetFailure(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Features.Set<IForwarderErrorFeature>(null);
    }

    /// <summary>RFC 9110, section 9.2.2; "get" is another method than "GET".</summary>
    private static bool IsIdempotent(string method) => method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE";
}
