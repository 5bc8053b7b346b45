using System.Threading.RateLimiting;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Problems;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Proxy;

/// <summary>Keeps the proxied requests in progress below <c>max_concurrent_requests</c>. <c>max_queued_requests</c> more wait for a moment, first come first
/// served; a longer queue would only make everybody late. The management API is not kept out: hosts must be able to report.</summary>
internal sealed class RequestQueue(ServerOptions options, TimeProvider time, EdgeMetrics metrics) : IDisposable
{
    /// <summary>The longest wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = options.MaxConcurrentRequests,
        QueueLimit = options.MaxQueuedRequests,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Has the request handled, when there is room, or answers 503.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        using var place = await TakeAsync(context.RequestAborted);
        if (place is { IsAcquired: true })
        {
            await next(context);
            return;
        }

        metrics.RefusedRequest();
        await Problem.WriteAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.Overloaded,
            $"{options.MaxConcurrentRequests} requests are in progress. Try again as late as Retry-After says.",
            Patience);
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    private async ValueTask<RateLimitLease?> TakeAsync(CancellationToken aborted)
    {
        var place = _limiter.AttemptAcquire();
        if (place.IsAcquired)
        {
            return place;
        }

        place.Dispose();
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            return await _limiter.AcquireAsync(1, either.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
