using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Security;

/// <summary>Which pages of other origins may read the gateway's responses.</summary>
internal static class CorsRules
{
    private const string AnyOrigin = "*";

    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options];

    /// <summary>Whether pages of different origins get different headers.</summary>
    public static bool DependOnOrigin(ServerOptions options) => !options.CorsAllowedOrigins.Contains(AnyOrigin);

    /// <summary>Builds the policy. Any header may be sent, because the names of the sticky and the tier header are configured; cookies may not.</summary>
    public static void Configure(CorsPolicyBuilder policy, ServerOptions options)
    {
        if (options.CorsAllowedOrigins.Contains(AnyOrigin))
        {
            policy.AllowAnyOrigin();
        }
        else
        {
            policy.WithOrigins([.. options.CorsAllowedOrigins]);
        }

        policy.AllowAnyHeader().WithMethods(Methods).WithExposedHeaders(HeaderNames.RetryAfter);
    }
}
