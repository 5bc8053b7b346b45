using Microsoft.AspNetCore.WebUtilities;

namespace Opsen.Gateway.Problems;

/// <summary>Writes error answers as <c>application/problem+json</c> (RFC 9457).</summary>
public static class Problem
{
    /// <summary>What <see cref="ProblemDocument.Type"/> begins with; the rest is the short name.</summary>
    public const string TypePrefix = "urn:opsen:problem:";

    /// <summary>The media type of a problem.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>Answers with a problem, unless the answer has begun. <paramref name="type"/> is a short kebab-case name such as "no-capacity".</summary>
    public static Task WriteAsync(HttpContext context, int status, string type, string detail)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        var reason = ReasonPhrases.GetReasonPhrase(status);
        var document = new ProblemDocument(TypePrefix + type, reason.Length > 0 ? reason : "Error", status, detail);
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(document, ProblemJsonContext.Readable.ProblemDocument, ContentType);
    }
}
