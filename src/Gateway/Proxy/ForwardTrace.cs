using System.Diagnostics;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Proxy;

/// <summary>Spans of attempts at a backend, and their context for it (W3C Trace Context).</summary>
internal static class ForwardTrace
{
    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    /// <summary>Starts the span of an attempt; null when the request is not traced.</summary>
    public static Activity? Start(ForwardedRequest request)
    {
        if (Activity.Current is not { Recorded: true } || !OpsenTrace.Source.HasListeners())
        {
            return null;
        }

        return OpsenTrace.Source.StartActivity("forward", ActivityKind.Client)
            ?.SetTag("opsen.tier", request.Tier)
            .SetTag("opsen.client_id", request.Host.ClientId)
            .SetTag("server.address", request.Target.Url)
            .SetTag("opsen.attempt", request.Attempts);
    }

    /// <summary>Ends it.</summary>
    public static void End(Activity? span, ForwardFailure failure, int status)
    {
        if (span is null)
        {
            return;
        }

        if (failure.Outcome == ForwardOutcome.Responded)
        {
            span.SetTag("http.response.status_code", status);
        }
        else
        {
            span.SetStatus(ActivityStatusCode.Error, failure.Cause);
        }

        span.Dispose();
    }

    /// <summary>Tells the backend of the span that it is called from; what the caller of an untraced request sent passes.</summary>
    public static void Propagate(HttpRequestMessage request)
    {
        if (Activity.Current is not { Recorded: true, IdFormat: ActivityIdFormat.W3C } current || !OpsenTrace.Source.HasListeners())
        {
            return;
        }

        request.Headers.Remove(TraceParent);
        request.Headers.TryAddWithoutValidation(TraceParent, current.Id);
        if (!string.IsNullOrEmpty(current.TraceStateString))
        {
            request.Headers.Remove(TraceState);
            request.Headers.TryAddWithoutValidation(TraceState, current.TraceStateString);
        }
    }
}
