using System.Globalization;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Problems;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>How many proxies an <c>OPTIONS</c> or <c>TRACE</c> may still pass (RFC 9110, section 7.6.2). Other methods keep the header untouched, and so
/// does a value that is none.</summary>
internal static class MaxForwards
{
    private const string Allowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>Whether the request must not be forwarded, so that the gateway responds itself.</summary>
    public static bool IsSpent(HttpRequest request) => TryRead(request, out var left) && left == 0;

    /// <summary>Responds to such a request. A TRACE is refused, because it would reveal the headers that proxies add.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.Allow = Allowed;
        if (context.Request.Method == HttpMethods.Options)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return StatusProblems.WriteAsync(context, StatusCodes.Status405MethodNotAllowed);
    }

    /// <summary>Counts the gateway in an outgoing request.</summary>
    public static void Count(HttpRequest received, HttpRequestMessage outgoing)
    {
        if (TryRead(received, out var left))
        {
            outgoing.Headers.Remove(HeaderNames.MaxForwards);
            outgoing.Headers.TryAddWithoutValidation(HeaderNames.MaxForwards, (left - 1).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static bool TryRead(HttpRequest request, out long left)
    {
        left = 0;
        return request.Method is "OPTIONS" or "TRACE"
            && request.Headers.TryGetValue(HeaderNames.MaxForwards, out var value)
            && long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out left);
    }
}
