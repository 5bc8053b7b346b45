using Opsen.Gateway.Requests;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Security;

/// <summary>Looks up the key that an API call presents, for the limits, the check and the audit log.</summary>
internal sealed class CallerKeyMiddleware(RequestDelegate next, ApiKeys keys)
{
    /// <summary>Runs the request with its <see cref="CallerKey"/>, if it has one of ours.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (ManagementPaths.Contains(context.Request.Path)
            && context.Request.Headers.TryGetValue(ApiKeyMiddleware.Header, out var presented)
            && keys.Find(presented.ToString()) is { } key)
        {
            context.Features.Set(new CallerKey(key));
        }

        return next(context);
    }
}

/// <summary>A feature of API calls with one of the configured keys.</summary>
/// <param name="Key">The key.</param>
internal sealed record CallerKey(ApiKey Key);
