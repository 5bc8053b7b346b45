using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Refuses every request whose target has characters that no target can have, and management calls whose target is written in a way that other
/// software may read differently: with <c>..</c> segments or <c>//</c>, or without a host.</summary>
internal sealed class RequestTargetMiddleware(RequestDelegate next)
{
    /// <summary>Runs the request, or answers 400.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!WireText.IsTarget(target))
        {
            return Refuse(context, WireText.TargetRule);
        }

        var request = context.Request;
        var path = request.Path.Value.AsSpan();
        var hasEmptySegment = path.IndexOf("//") >= 0;
        if (!ManagementPaths.Contains(hasEmptySegment ? $"/{path.Trim('/')}" : path))
        {
            return next(context);
        }

        if (hasEmptySegment || HasTraversal(target))
        {
            return Refuse(context, "The path has '..' or empty segments. Send it in its plain form.");
        }

        return request.Host.HasValue ? next(context) : Refuse(context, "The Host header is missing. Send the gateway's host name in it.");
    }

    /// <summary>Checks the target as it was sent, because the server has already resolved dot segments in the path. Split before decoding: an id may contain
    /// an encoded slash and still be one segment.</summary>
    private static bool HasTraversal(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return (query < 0 ? target : target[..query]).Split('/').Any(static segment => Uri.UnescapeDataString(segment) is "..");
    }

    private static Task Refuse(HttpContext context, string detail) =>
        Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, detail);
}
