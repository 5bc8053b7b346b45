using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Proxy.Headers;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Proxy.TierDetection;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// Handles a proxied request: (1) refuse what must not be forwarded before anything is done for it: a body that is too large, a request that comes back, a
/// path that climbs out of what is proxied; (2) find the tier; (3) find the session; (4) forward. Everything else in the pipeline (which paths come here,
/// who the client is) has been decided before.
/// </summary>
internal sealed class ProxyEndpoint(
    TierDetector tiers, StickyKeyResolver stickyKeys, GeoLocator geo, ProxyPathMatcher paths, Loops loops, GatewayFleet fleet, Tenants tenants,
    RequestForwarder forwarder)
{
    /// <summary>Handles the request to its end. Does not throw for anything that clients or backends do.</summary>
    /// <remarks>No method has a state of its own while a request without JSON waits, but the forwarder's.</remarks>
    public Task HandleAsync(HttpContext context)
    {
        // 1 Refuse
        var limit = BodyLimit.Apply(context);
        if (context.Request.ContentLength > limit)
        {
            return ProxyResponses.BodyTooLargeAsync(context);
        }

        if (loops.IsOwn(context.Request))
        {
            return Loops.RefuseAsync(context);
        }

        if (paths.ClimbsOut(RequestTarget.PathAndQuery(context)))
        {
            return ProxyResponses.ClimbsOutAsync(context);
        }

        if (MaxForwards.IsSpent(context.Request))
        {
            return MaxForwards.AnswerAsync(context);
        }

        // 2 Tier
        var tier = tiers.DetectAsync(context, limit);
        return tier.IsCompletedSuccessfully ? ForwardAsync(context, limit, tier.Result) : ForwardAsync(context, limit, tier);
    }

    private async Task ForwardAsync(HttpContext context, long? limit, ValueTask<DetectedTier> tier)
    {
        DetectedTier detected;
        try
        {
            detected = await tier;
        }
        catch (Exception error) when (ProxyResponses.IsOfTheCaller(error))
        {
            await ProxyResponses.CallerFailedAsync(context, error);
            return;
        }

        await ForwardAsync(context, limit, detected);
    }

    private Task ForwardAsync(HttpContext context, long? limit, in DetectedTier tier)
    {
        // 3 Session
        var stickyId = stickyKeys.Resolve(context);
        if (stickyId is not null && !StickyKeyResolver.IsAcceptable(stickyId))
        {
            return ProxyResponses.BadStickyIdAsync(context);
        }

        // 4 Forward. The body is wrapped only now: replacing it also replaces the reader that was used for the tier.
        UntouchedBodyStream? body = null;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && !ForwardingProfiles.IsUpgrade(context))
        {
            body = new(tier.TakenBody, context.Request.BodyReader, limit);
            context.Request.Body = body;
        }

        var place = tier.Place.IsKnown ? tier.Place : geo.Locate(context.Connection.RemoteIpAddress);
        var query = new RouteQuery(tier.Tier, stickyId, place);
        if (fleet.HasWaitingRooms)
        {
            query = query with { Wait = new WaitTerms(WaitPreference.Read(context) ?? TimeSpan.MaxValue, tenants.Of(context)) };
        }

        return forwarder.ForwardAsync(context, query, body);
    }
}
