using Opsen.Gateway.AccessLogs;

namespace Opsen.Gateway.Proxy;

/// <summary>Writes down in a request's access log entry what became of it in the proxy.</summary>
internal static class ProxyAccessLog
{
    /// <summary>Fills the entry, where there is one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Its way.</param>
    /// <param name="stickyId">Its session, or null.</param>
    /// <param name="last">How the last attempt ended.</param>
    /// <param name="time">The clock.</param>
    public static void Note(HttpContext context, ForwardedRequest request, string? stickyId, ForwardFailure last, TimeProvider time)
    {
        if (context.Features.Get<AccessEntry>() is not { } entry)
        {
            return;
        }

        (entry.Tier, entry.Session, entry.Attempts) = (request.Tier, stickyId, request.Attempts);
        ref var times = ref request.Times;
        entry.Decision = times.Decided == 0 ? null : time.GetElapsedTime(times.Begun, times.Decided);
        entry.BackendWait = times.Responded == 0 ? null : time.GetElapsedTime(times.Decided, times.Responded);
        if (request.Attempts > 0)
        {
            entry.Decided(request.Route);
            entry.Endpoint = request.Target.Url;
        }

        var isDone = times.Responded != 0 && last.Outcome == ForwardOutcome.Responded;
        entry.Phase = request.Attempts == 0 ? "decision"
            : last.Outcome is ForwardOutcome.Unreachable or ForwardOutcome.NoConnectionLeft ? "connect"
            : last.Outcome is ForwardOutcome.ClientSilent or ForwardOutcome.BodyRefused or ForwardOutcome.NotForwardable ? "request"
            : isDone ? "done"
            : times.Responded == 0 ? "wait"
            : "response";
        entry.EndedBy = last.Outcome switch
        {
            _ when isDone => "backend",
            _ when context.RequestAborted.IsCancellationRequested && (times.Responded != 0 || !context.Response.HasStarted) => "client",
            ForwardOutcome.Unreachable or ForwardOutcome.ConnectionLost or ForwardOutcome.ReusedConnectionLost or ForwardOutcome.BadResponse => "backend",
            ForwardOutcome.BodyRefused => "client",
            _ => "gateway",
        };
    }
}
