using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Refuses every request whose target has characters that no target can have, and management calls whose target is written in a way that other
/// software may read differently: with dot segments, <c>//</c> or an encoded first segment, or without a host.</summary>
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

        if (hasEmptySegment || !IsPlain(RequestTarget.RawPath(context)))
        {
            return Refuse(context, "The path has '.', '..' or empty segments, or an encoded first segment. Send it in its plain form.");
        }

        return request.Host.HasValue ? next(context) : Refuse(context, "The Host header is missing. Send the gateway's host name in it.");
    }

    /// <summary>Checks the path as it was sent, because the server has already decoded it and resolved dot segments. Split before decoding: an id may contain
    /// an encoded slash and still be one segment.</summary>
    private static bool IsPlain(string path) =>
        ManagementPaths.Contains(path) && !path.Split('/').Any(static segment => Uri.UnescapeDataString(segment) is "." or "..");

    private static Task Refuse(HttpContext context, string detail) =>
        Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, detail);
}
