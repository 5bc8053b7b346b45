using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Security;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Operator;

/// <summary>
/// Finds out who calls the admin listener's API. Whoever reaches the listener may read (<c>AdminGuard</c> has asked for a key where it can be reached from
/// elsewhere); a change wants a key where keys are configured, and never comes from another site's page: a browser sends the password of basic authentication
/// with those requests too.
/// </summary>
internal sealed class OperatorCallerMiddleware(RequestDelegate next, ApiKeys keys)
{
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>Runs the request, or answers 401, 403 or 404.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var feature = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        if (!feature.RawTarget.StartsWith(OperatorApi.Root + "/", StringComparison.Ordinal))
        {
            return StatusProblems.WriteAsync(context, StatusCodes.Status404NotFound);
        }

        // The calls read ids out of the path as it was sent.
        feature.RawTarget = feature.RawTarget[OperatorApi.Root.Length..];
        var request = context.Request;
        var presented = request.Headers[ApiKeyMiddleware.Header].ToString() is { Length: > 0 } header
            ? header : BasicCredentials.ReadPassword(request.Headers.Authorization.ToString());
        var key = keys.Find(presented);
        if (key is not null)
        {
            context.Features.Set(new CallerKey(key));
        }

        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return next(context);
        }

        if (IsFromAnotherSite(request))
        {
            return Problem.WriteAsync(
                context, StatusCodes.Status403Forbidden, ProblemTypes.WrongKey, "Another site's page may not change anything here. Use the console, or a program.");
        }

        if (key is not null || keys.IsOpen)
        {
            return next(context);
        }

        return presented.Length == 0
            ? Problem.WriteAsync(
                context, StatusCodes.Status401Unauthorized, ProblemTypes.MissingKey, $"A change wants a key: send one in the header {ApiKeyMiddleware.Header}.")
            : Problem.WriteAsync(
                context, StatusCodes.Status403Forbidden, ProblemTypes.WrongKey, "The key is not accepted. It must be server_key or one of api_keys.");
    }

    /// <summary>Browsers say where a request comes from; programs say nothing.</summary>
    private static bool IsFromAnotherSite(HttpRequest request) =>
        request.Headers[FetchSite].ToString() is not ("" or "same-origin" or "none")
        || (request.Headers.Origin.ToString() is { Length: > 0 } origin
            && (!Uri.TryCreate(origin, UriKind.Absolute, out var from) || !from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)));
}
