namespace Opsen.Gateway.Security;

/// <summary>Gives every response the <see cref="SecurityHeaders"/>.</summary>
internal sealed class SecurityHeadersMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        SecurityHeaders.Set(context);
        return next(context);
    }
}
