using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Security;

/// <summary>One token bucket per caller: <c>rate_limit_burst</c> tokens that are refilled one by one, <c>rate_limit_per_minute</c> a minute.</summary>
internal static class RateLimiting
{
    private const double SecondsPerMinute = 60;

    /// <summary>Sets the limit for all requests of the main listener but <c>/health</c>.</summary>
    public static void Configure(RateLimiterOptions limiter, ServerOptions options)
    {
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.RateLimitBurst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(SecondsPerMinute / options.RateLimitPerMinute),
            QueueLimit = 0,
        };
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, CallerBlock>(context =>
            ManagementPaths.IsHealth(context.Request.Path)
                ? RateLimitPartition.GetNoLimiter(CallerBlock.Unlimited)
                : RateLimitPartition.GetTokenBucketLimiter(CallerBlock.Of(context.Connection.RemoteIpAddress), _ => bucket));
        limiter.OnRejected = (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var delay) ? delay : bucket.ReplenishmentPeriod;
            return new ValueTask(Problem.WriteAsync(
                rejected.HttpContext,
                StatusCodes.Status429TooManyRequests,
                ProblemTypes.RateLimited,
                $"More than {options.RateLimitPerMinute} requests a minute came from your address. Wait as long as Retry-After says.",
                wait));
        };
    }
}
