namespace Opsen.Gateway.Security;

/// <summary>Adds the security headers. What a backend says itself stays: the headers are added when the answer begins, where absent.</summary>
internal sealed class SecurityHeadersMiddleware(RequestDelegate next)
{
    private static readonly Func<object, Task> AddHeaders = static state =>
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        headers.TryAdd("X-Frame-Options", "DENY");
        headers.TryAdd("X-XSS-Protection", "1; mode=block");
        if (context.Request.IsHttps)
        {
            headers.TryAdd("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        }

        return Task.CompletedTask;
    };

    /// <summary>Runs the request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(AddHeaders, context);
        return next(context);
    }
}
