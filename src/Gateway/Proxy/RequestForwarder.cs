using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Proxy.Headers;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Security;
using Opsen.Grains.Interfaces.Tiers;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Takes a request to a host, and to another one where that is safe:
/// (1) find a host; (2) forward; (3) when it could not be connected, leave it out and begin again, as long as the body is untouched and
/// there is time; when the connection was lost, once more for an idempotent request whose body is untouched; both within the retry budget; (4) else answer.
/// </summary>
/// <remarks>
/// A request without a session gives its reservation up for the next host's. A session leaves a host that cannot be connected; after a lost
/// connection it is tried there again first, because its state is there. One that was lost when it was used again is replaced by a new one to the same host.
/// </remarks>
internal sealed class RequestForwarder(
    IRouteResolver routes,
    IHttpForwarder forwarder,
    BackendClient client,
    ForwardingProfiles profiles,
    ForwardingHeaders forwarding,
    ResponseHeaders answers,
    EventStreamCopier eventStreams,
    EndpointBreaker breaker,
    RetryBudget budget,
    ProxySettings settings,
    TimeProvider time)
{
    /// <summary>Forwards the request and answers it. <paramref name="body"/> is its body, already in place, or null for a request without one.</summary>
    /// <remarks>One method: every request comes through here, and each method of its own would cost an object with all the variables.</remarks>
    public async Task ForwardAsync(HttpContext context, RouteQuery query, UntouchedBodyStream? body)
    {
        var exchange = new BackendExchange(client, context, body);
        var request = new ForwardedRequest(query.Tier, exchange, forwarding, answers, eventStreams, body) { Failover = RequestFailover.Begin(breaker, budget, context.Request.Path.Value) };
        budget.RequestBegins();
        try
        {
            var begun = time.GetTimestamp();
            var isUnlimited = ForwardingProfiles.IsUnlimited(context);
            var (failure, reservation, isRepeated) = (default(ForwardFailure), Guid.Empty, false);
            while (true)
            {
                // 1 Find a host. A connection that was used again too late says nothing of its host, so that is not left for it.
                var route = failure.Outcome == ForwardOutcome.ReusedConnectionLost ? request.Route
                    : request.Failover is { } known ? await known.ResolveAsync(routes, query, context.RequestAborted)
                    : await routes.ResolveAsync(query, context.RequestAborted);
                if (route is not { Outcome: RouteOutcome.Routed, Host: { } host } || request.Failover?.IsLeftOut(host.ClientId) == true)
                {
                    await AnswerWithoutHostAsync(context, query, route, failure, reservation, request);
                    return;
                }

                reservation = route.ReservationId;
                request.ReservationOfRequest = route.EndsWithRequest ? reservation : Guid.Empty;
                request.SendTo(route, context.Request.Path.Value);

                // 2 Forward
                exchange.NeedsNewConnection = isRepeated;
                var profile = profiles.Choose(context, request.Target, isUnlimited);
                var error = await forwarder.SendAsync(context, request.Target.Prefix, exchange, profile, request, CancellationToken.None);
                failure = ForwardFailure.From(error, context);
                Judge(context, request, failure);
                if (failure.Outcome == ForwardOutcome.Responded || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                {
                    return;
                }

                if (body?.Refusal is { } refusal)
                {
                    RestoreHeaders(context);
                    await ProxyResponses.BodyRefusedAsync(context, refusal);
                    return;
                }

                var isUnreachable = failure.Outcome == ForwardOutcome.Unreachable;
                var isLost = failure.Outcome is ForwardOutcome.ConnectionLost or ForwardOutcome.ReusedConnectionLost;
                if (isUnreachable || isLost)
                {
                    LeaveOut(request, failure, reservation, query.StickyId is not null);
                }

                // 4 Answer
                var isSafe = isUnreachable || (isLost && !isRepeated && IsIdempotent(context.Request.Method));
                if (!isSafe || body is { IsUntouched: false })
                {
                    RestoreHeaders(context);
                    await ProxyResponses.FailedAsync(context, failure, host.ClientId, request.Attempts);
                    return;
                }

                if (!isUnlimited && settings.RequestTimeout != Timeout.InfiniteTimeSpan && time.GetElapsedTime(begun) >= settings.RequestTimeout)
                {
                    ReleaseUnused(query, reservation, failure);
                    await ProxyResponses.OutOfTimeAsync(context, failure, host.ClientId, request.Attempts);
                    return;
                }

                // 3 Begin again
                if (!await request.Failover!.TryBeginRetryAsync(context.RequestAborted))
                {
                    ReleaseUnused(query, reservation, failure);
                    await ProxyResponses.OverBudgetAsync(context, failure, host.ClientId);
                    return;
                }

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
            budget.RequestEnds();
            request.Failover?.End();
            if (request.ReservationOfRequest != Guid.Empty)
            {
                routes.Release(request.ReservationOfRequest);
            }
        }
    }

    /// <summary>The forwarder clears an answer that it cannot pass on, and with it what is the gateway's.</summary>
    private void RestoreHeaders(HttpContext context)
    {
        if (settings.SetsSecurityHeaders)
        {
            SecurityHeaders.Set(context);
        }
    }

    /// <summary>Counts requests that had no answer in time: the endpoint may be of no use, and what is kept open to it may lead nowhere.</summary>
    private void Judge(HttpContext context, ForwardedRequest request, ForwardFailure failure)
    {
        if (failure.Outcome == ForwardOutcome.Responded)
        {
            breaker.Responded(request.Host, request.Target.Url);
        }
        else if (failure.Outcome == ForwardOutcome.BackendSilent && !context.Response.HasStarted)
        {
            client.Distrust(request.Target);
            (request.Failover ??= new RequestFailover(breaker, budget)).MetSilence(request.Host, request.Target.Url, failure.Cause);
        }
    }

    private void LeaveOut(ForwardedRequest request, ForwardFailure failure, Guid reservation, bool isSession)
    {
        var failover = request.Failover ??= new RequestFailover(breaker, budget);
        if (failure.Outcome == ForwardOutcome.Unreachable)
        {
            failover.LeaveUnreachable(request.Host, request.Target.Url, failure.Cause, reservation, isSession);
        }
        else if (failure.Outcome == ForwardOutcome.ConnectionLost)
        {
            failover.LeaveLost(request.Host, reservation, isSession);
        }
    }

    private Task AnswerWithoutHostAsync(
        HttpContext context, RouteQuery query, RouteResult route, ForwardFailure failure, Guid reservation, ForwardedRequest request)
    {
        if (request.Attempts == 0)
        {
            return RouteRefusal.WriteAsync(context, route);
        }

        ReleaseUnused(query, route.ReservationId != Guid.Empty ? route.ReservationId : reservation, failure);
        return route.Outcome == RouteOutcome.Unavailable
            ? RouteRefusal.WriteAsync(context, route)
            : ProxyResponses.FailedAsync(context, failure, request.Host.ClientId, request.Attempts);
    }

    /// <summary>Gives back what was reserved for a request without a session on a host that never heard of it.</summary>
    private void ReleaseUnused(RouteQuery query, Guid reservation, ForwardFailure failure)
    {
        if (query.StickyId is null && reservation != Guid.Empty && failure.Outcome == ForwardOutcome.Unreachable)
        {
            routes.Release(reservation);
        }
    }

    /// <summary>Takes the forwarder's error status back, which would keep it from sending again. Headers that others have set stay.</summary>
    private static void ForgetFailure(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Features.Set<IForwarderErrorFeature>(null);
    }

    /// <summary>RFC 9110, section 9.2.2; "get" is another method than "GET".</summary>
    private static bool IsIdempotent(string method) => method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE";
}
