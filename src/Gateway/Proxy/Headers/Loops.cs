using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Problems;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>Detects requests that this gateway has sent itself: it writes its mark into <c>Via</c> (RFC 9110, section 7.6.3), and a request that comes in
/// with that mark is in a loop.</summary>
internal sealed class Loops
{
    // Random, so that it tells this process from every other one and nobody can guess it.
    private readonly string _mark = $"opsen-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
    private readonly string _http1;
    private readonly string _http2;

    /// <summary>Chooses a mark.</summary>
    public Loops() => (_http1, _http2) = ($"1.1 {_mark}", $"2.0 {_mark}");

    /// <summary>Whether this gateway has sent the request itself.</summary>
    public bool IsOwn(HttpRequest request)
    {
        foreach (var via in request.Headers.Via)
        {
            if (via?.Contains(_mark, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds the mark to an outgoing request, behind what others have written there.</summary>
    public void Mark(HttpRequest received, HttpRequestMessage outgoing) =>
        outgoing.Headers.TryAddWithoutValidation(HeaderNames.Via, HttpProtocol.IsHttp2(received.Protocol) ? _http2 : _http1);

    /// <summary>Refuses a request that is in a loop (RFC 5842, section 7.2).</summary>
    public static Task RefuseAsync(HttpContext context) => Problem.WriteAsync(
        context,
        StatusCodes.Status508LoopDetected,
        ProblemTypes.Loop,
        "The request has passed this gateway before: the endpoint of a host leads back to it. Register the address at which the backend itself serves.");
}
