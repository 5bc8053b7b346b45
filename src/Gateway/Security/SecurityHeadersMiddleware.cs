namespace Opsen.Gateway.Security;

/// <summary>Gives every answer the <see cref="SecurityHeaders"/>.</summary>
internal sealed class SecurityHeadersMiddleware(RequestDelegate next)
{
    /// <summary>Runs the request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        SecurityHeaders.Set(context);
        return next(context);
    }
}
