using Opsen.Gateway.Requests;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Security;

/// <summary>Looks up the key, or the certificate, that an API call presents, for the limits, the check and the audit log.</summary>
internal sealed class CallerKeyMiddleware(RequestDelegate next, ApiKeys keys, IServiceProvider services)
{
    private readonly ClientCertificates? _certificates = services.GetService<ClientCertificates>();

    /// <summary>Runs the request with its <see cref="CallerKey"/>, if it has one of ours.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (ManagementPaths.Contains(context.Request.Path))
        {
            // Who sends a key means to use it.
            var key = context.Request.Headers.TryGetValue(ApiKeyMiddleware.Header, out var presented)
                ? keys.Find(presented.ToString())
                : _certificates?.Find(context);
            if (key is not null)
            {
                context.Features.Set(new CallerKey(key));
            }
        }

        return next(context);
    }
}

/// <summary>A feature of API calls with one of the configured keys, or with a certificate that counts as one.</summary>
/// <param name="Key">The key.</param>
internal sealed record CallerKey(ApiKey Key);
