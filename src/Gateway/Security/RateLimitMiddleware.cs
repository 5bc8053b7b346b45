using System.Globalization;
using System.Net.Sockets;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Security;

/// <summary>
/// Limits how often each caller asks: API calls with a key by that key (<c>rate_limit_keys_per_minute</c>), reports and registrations without one by their
/// address (<c>rate_limit_agents_per_minute</c>), everything else by its address (<c>rate_limit_per_minute</c>), so that neither many agents behind one
/// address nor a busy front end is taken for a flood. <c>GET /health</c> is not counted. API responses say in <c>RateLimit-Limit</c>, <c>-Remaining</c> and
/// <c>-Reset</c> (seconds until all is given back) how much is left, and so does every 429.
/// </summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, ServerOptions options, TimeProvider time)
{
    private readonly TokenBuckets? _callers = Create(options.RateLimitPerMinute, options.RateLimitBurst, time);
    private readonly TokenBuckets? _agents = options.RateLimitPerMinute == 0 ? null
        : Create(options.RateLimitAgentsPerMinute, options.RateLimitAgentsPerMinute, time);
    private readonly TokenBuckets? _keys = Create(options.RateLimitKeysPerMinute, options.RateLimitKeysPerMinute, time);

    /// <summary>Runs the request, or answers 429.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var isManagement = ManagementPaths.Contains(path);
        if (isManagement && ManagementPaths.IsHealth(path))
        {
            return next(context);
        }

        var key = isManagement && context.Features.Get<CallerKey>() is { Key.Number: not ApiKey.NotInTheList } known ? known : null;
        var caller = key is null ? CallerBlock.Of(context.Connection.RemoteIpAddress) : new CallerBlock(AddressFamily.Unknown, (ulong)key.Key.Number);
        var (buckets, whose) = key is not null ? (_keys, "with this key")
            : isManagement && ManagementPaths.IsAgents(path) ? (_agents, "of agents from your address")
            : (_callers, "from your address");
        if (buckets is null)
        {
            return next(context);
        }

        var result = buckets.Take(caller);
        if (isManagement || !result.IsTaken)
        {
            var headers = context.Response.Headers;
            headers["RateLimit-Limit"] = buckets.PerMinute.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Remaining"] = result.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = Math.Ceiling(result.FullIn.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return result.IsTaken ? next(context) : Problem.WriteAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.RateLimited,
            $"More than {buckets.PerMinute} requests a minute came {whose}. Wait as long as Retry-After says.",
            result.Wait);
    }

    private static TokenBuckets? Create(int perMinute, int burst, TimeProvider time) => perMinute == 0 ? null : new TokenBuckets(perMinute, burst, time);
}
