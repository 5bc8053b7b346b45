namespace Opsen.Gateway.AccessLogs;

/// <summary>Gives every request of the main listener its line in the access log. The outermost middleware; only there when <c>access_log</c> is set.</summary>
internal sealed class AccessLogMiddleware(RequestDelegate next, AccessLogWriter writer, TimeProvider time)
{
    /// <summary>Runs the request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        var entry = new AccessEntry { Time = time.GetUtcNow() };
        context.Features.Set(entry);
        try
        {
            await next(context);
        }
        finally
        {
            entry.Finish(context, time.GetElapsedTime(began));
            writer.Write(entry);
        }
    }
}
