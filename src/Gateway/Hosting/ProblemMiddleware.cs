using Opsen.Gateway.Metrics;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Hosting;

/// <summary>Turns failures without a body into problem responses. Proxied responses are left alone. Nothing that can fail is outside of it.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, EdgeMetrics metrics, ILogger<ProblemMiddleware> logger)
{
    /// <summary>nginx's status for a request whose client has gone. Only metrics and logs see it.</summary>
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception)
        {
            LogBadRequest(exception.Message);
            await StatusProblems.WriteAsync(context, exception.StatusCode);
            return;
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            LogClientGone(context.Request.Path);
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }

            return;
        }
        catch (Exception exception)
        {
            metrics.Failed();
            LogUnhandled(exception, context.Request.Method, context.Request.Path);
            await FailAsync(context);
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest, ContentType: null } response
            && ManagementPaths.Contains(context.Request.Path))
        {
            await StatusProblems.WriteAsync(context, response.StatusCode);
        }
    }

    private static Task FailAsync(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            // A truncated response must not look complete.
            context.Abort();
            return Task.CompletedTask;
        }

        SecurityHeaders.ClearOthers(context);
        return StatusProblems.WriteAsync(context, StatusCodes.Status500InternalServerError);
    }

    [LoggerMessage(3001, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogUnhandled(Exception exception, string method, PathString path);

    [LoggerMessage(3002, LogLevel.Debug, "The client of {Path} went away")]
    private partial void LogClientGone(PathString path);

    [LoggerMessage(3003, LogLevel.Debug, "Bad request: {Reason}")]
    private partial void LogBadRequest(string reason);
}
