using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Hosting;

/// <summary>The outermost step: makes a problem of every failure behind it that has no body yet. Answers of proxied requests are left as they are.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    /// <summary>nginx's status for a request whose sender has gone; only metrics and logs see it.</summary>
    private const int ClientClosedRequest = 499;

    /// <summary>Runs the request.</summary>
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
            // Half an answer must not look like a whole one.
            context.Abort();
            return Task.CompletedTask;
        }

        SecurityHeaders.ClearOthers(context);
        return StatusProblems.WriteAsync(context, StatusCodes.Status500InternalServerError);
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogUnhandled(Exception exception, string method, PathString path);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Debug, Message = "The client of {Path} went away")]
    private partial void LogClientGone(PathString path);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Debug, Message = "Bad request: {Reason}")]
    private partial void LogBadRequest(string reason);
}
