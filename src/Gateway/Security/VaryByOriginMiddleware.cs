namespace Opsen.Gateway.Security;

/// <summary>Says in every response that it depends on the request's origin, also in those that have no CORS headers, or a cache would give a page of one origin
/// what was meant for another (Fetch standard, "CORS protocol and HTTP caches").</summary>
internal sealed class VaryByOriginMiddleware(RequestDelegate next)
{
    private const string Origin = "Origin";

    /// <summary>Runs the request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(Add, context.Response);
        return next(context);
    }

    private static Task Add(object state)
    {
        var headers = ((HttpResponse)state).Headers;
        if (!headers.Vary.Any(static value => value is not null && value.Split(',').Any(static one => one.Trim() is Origin or "*")))
        {
            headers.Append("Vary", Origin);
        }

        return Task.CompletedTask;
    }
}
