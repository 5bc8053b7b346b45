using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Problems;

/// <summary>Writes error responses as <c>application/problem+json</c> (RFC 9457).</summary>
internal static class Problem
{
    /// <summary>What the type of every problem begins with; the rest is a name of <see cref="ProblemTypes"/>.</summary>
    public const string TypePrefix = "urn:opsen:problem:";

    /// <summary>The media type of a problem.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>Writes a problem response, unless the response has started. <paramref name="type"/> is a short kebab-case name such as "no-capacity".</summary>
    public static Task WriteAsync(HttpContext context, int status, string type, string detail) =>
        WriteAsync(context, status, type, detail, explanation: null, queue: null);

    /// <summary>Writes a problem response with <c>Retry-After</c>, the explanation of the refused decision and how the request waited.</summary>
    public static Task WriteAsync(
        HttpContext context, int status, string type, string detail, TimeSpan retryAfter, DecisionExplanation? explanation, QueueEntry? queue)
    {
        SetRetryAfter(context, retryAfter);
        return WriteAsync(context, status, type, detail, explanation, queue);
    }

    /// <summary>Writes a problem response with <c>Retry-After</c>, rounded up to whole seconds.</summary>
    public static Task WriteAsync(HttpContext context, int status, string type, string detail, TimeSpan retryAfter) =>
        WriteAsync(context, status, type, detail, retryAfter, explanation: null, queue: null);

    /// <summary>Writes a problem response and closes an HTTP/1.1 connection, so that the rest of the request body need not be read.</summary>
    public static Task WriteAndCloseAsync(HttpContext context, int status, string type, string detail)
    {
        if (!context.Response.HasStarted && !HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return WriteAsync(context, status, type, detail);
    }

    private static Task WriteAsync(
        HttpContext context, int status, string type, string detail, DecisionExplanation? explanation, QueueEntry? queue)
    {
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        var reason = ReasonPhrases.GetReasonPhrase(status);
        var document = new ProblemDocument(TypePrefix + type, reason.Length > 0 ? reason : "Error", status, detail, explanation, queue);
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(document, ProblemJsonContext.Readable.ProblemDocument, ContentType);
    }

    private static void SetRetryAfter(HttpContext context, TimeSpan retryAfter)
    {
        if (!context.Response.HasStarted)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds));
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
