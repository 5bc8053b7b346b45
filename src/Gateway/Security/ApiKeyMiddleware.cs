using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Security;

/// <summary>Asks for a key on the management API. <c>GET /health</c> is open; proxied requests belong to the backends' own users.</summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next)
{
    /// <summary>The header with the key.</summary>
    public const string Header = HeaderNames.ApiKey;

    /// <summary>Runs the request, or answers 401 (no key) or 403 (a wrong one).</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (!ManagementPaths.Contains(path) || ManagementPaths.IsHealth(path))
        {
            return next(context);
        }

        if (context.Features.Get<CallerKey>() is not null)
        {
            return next(context);
        }

        if (context.Request.Headers[Header].ToString().Length == 0)
        {
            context.Response.Headers.WWWAuthenticate = "ApiKey";
            return Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ProblemTypes.MissingKey, $"Send the gateway's key in the header {Header}.");
        }

        return Problem.WriteAsync(
            context, StatusCodes.Status403Forbidden, ProblemTypes.WrongKey, $"The key in {Header} is not accepted. It must be server_key or one of api_keys.");
    }
}
