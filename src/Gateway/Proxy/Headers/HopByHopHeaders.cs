using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>
/// Corrects what YARP's copy of the headers lacks of RFC 9110: a header that <c>Connection</c> names stays on that connection (section 7.6.1),
/// <c>TE: trailers</c> of an HTTP/1.1 client goes on (section 10.1.4), and so does <c>Alt-Svc</c>, which is the backend's to send.
/// </summary>
/// <remarks>Kestrel forgets the other options of a <c>Connection</c> header that has <c>keep-alive</c> or <c>close</c> among them; the
/// headers that those name reach the backend.</remarks>
internal static class HopByHopHeaders
{
    /// <summary>Corrects an outgoing request that has a copy of the client's headers. Before the proxy adds its own: they are no client's to take
    /// away.</summary>
    public static void Correct(HttpContext context, HttpRequestMessage outgoing)
    {
        var connection = context.Request.Headers.Connection;
        if (connection.Count == 0)
        {
            return;
        }

        foreach (var value in connection)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var option = value.AsSpan(range).Trim();
                if (option.Equals(HeaderNames.TE, StringComparison.OrdinalIgnoreCase))
                {
                    PassTrailersOn(context.Request.Headers.TE, outgoing);
                }
                else if (IsHeaderOfTheConnection(option))
                {
                    Remove(option.ToString(), outgoing);
                }
            }
        }
    }

    /// <summary>Corrects a response that has a copy of the backend's headers.</summary>
    public static void Correct(HttpResponseMessage answer, HttpResponse outgoing)
    {
        if (answer.Headers.NonValidated.TryGetValues(HeaderNames.AltSvc, out var alternatives))
        {
            outgoing.Headers.AltSvc = alternatives.ToArray();
        }

        if (!answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var connection))
        {
            return;
        }

        foreach (var value in connection)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var option = value.AsSpan(range).Trim();
                if (IsHeaderOfTheConnection(option))
                {
                    outgoing.Headers.Remove(option.ToString());
                }
            }
        }
    }

    /// <summary>Names that mean a header to remove: not those that the forwarder deals with, and not those that say where a body ends.</summary>
    private static bool IsHeaderOfTheConnection(ReadOnlySpan<char> option) =>
        !option.IsEmpty
        && !option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
        && !option.Equals("close", StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.TE, StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)
        && !option.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase);

    /// <summary>Checks first, because HttpHeaders.Remove throws for names that it cannot hold.</summary>
    private static void Remove(string name, HttpRequestMessage outgoing)
    {
        if (outgoing.Headers.NonValidated.Contains(name))
        {
            outgoing.Headers.Remove(name);
        }
        else if (outgoing.Content?.Headers.NonValidated.Contains(name) == true)
        {
            outgoing.Content.Headers.Remove(name);
        }
    }

    private static void PassTrailersOn(StringValues codings, HttpRequestMessage outgoing)
    {
        foreach (var value in codings)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                var coding = value.AsSpan(range).Trim();
                if (coding.Equals("trailers", StringComparison.OrdinalIgnoreCase) && !outgoing.Headers.NonValidated.Contains(HeaderNames.TE))
                {
                    outgoing.Headers.TryAddWithoutValidation(HeaderNames.TE, coding.ToString());
                    outgoing.Headers.TryAddWithoutValidation(HeaderNames.Connection, HeaderNames.TE);
                }
            }
        }
    }
}
