using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Listeners.Http1;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Refuses requests with header fields that no request can have (RFC 9110, section 5; RFC 9113, section 8.2.2) and that the server takes all the same:
/// what is behind this gateway may read them differently.</summary>
internal sealed class RequestFieldsMiddleware(RequestDelegate next)
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The name under which the server keeps a Content-Length beside a Transfer-Encoding.</summary>
    private const string SetAside = "X-Content-Length";

    /// <summary>Control characters, without the tab.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static code => code != '\t').Append(0x7F).Select(static code => (char)code)]);

    /// <summary>Runs the request, or answers 400.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (Problem(request) is { } problem)
        {
            // What follows on the connection may have been meant as a part of this request.
            if (HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return Problems.Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, problem);
        }

        if (HttpMethods.IsConnect(request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            return Problems.Problem.WriteAndCloseAsync(
                context, StatusCodes.Status405MethodNotAllowed, ProblemTypes.MethodNotAllowed, "This gateway is no forward proxy. Send the request itself.");
        }

        if (request.Headers.Expect is [{ } expected, ..] && !expected.Equals("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.Problem.WriteAsync(
                context, StatusCodes.Status417ExpectationFailed, ProblemTypes.BadRequest, "No expectation but 100-continue can be met. Send no other one.");
        }

        if (request.Headers.TransferEncoding.Count > 0)
        {
            context.Features.Get<IChunkedBodyFeature>()?.Begin();
        }

        return next(context);
    }

    private static string? Problem(HttpRequest request)
    {
        foreach (var (name, values) in request.Headers)
        {
            // HTTP/2 has its own pseudo-header fields, which the server has checked.
            if (name.Length == 0 || (name[0] != ':' && name.AsSpan().ContainsAnyExcept(NameCharacters)))
            {
                return $"The header name {FieldChecks.Quote(WireText.Printable(name))} has a character that none can have. Send a token (RFC 9110, section 5.1).";
            }

            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(Controls))
                {
                    return $"The header {name} has a control character in its value. Remove it.";
                }
            }
        }

        var headers = request.Headers;
        if (headers.TransferEncoding.Count > 0 && (headers.ContentLength is not null || headers.ContainsKey(SetAside)))
        {
            return "The request has both Content-Length and Transfer-Encoding. Send one of them (RFC 9112, section 6.1).";
        }

        if (HttpProtocol.IsHttp11(request.Protocol))
        {
            return request.Host.HasValue ? null : "The Host header is empty. Send the name of the host that the request is for (RFC 9112, section 3.2).";
        }

        return (HttpProtocol.IsHttp2(request.Protocol) || HttpProtocol.IsHttp3(request.Protocol))
            && (headers.TransferEncoding.Count > 0 || headers.Upgrade.Count > 0 || headers.KeepAlive.Count > 0 || headers.ContainsKey("Proxy-Connection"))
                ? $"{HeaderNames.TransferEncoding}, {HeaderNames.Upgrade}, {HeaderNames.KeepAlive} and Proxy-Connection do not exist in this version of HTTP. Remove them (RFC 9113, section 8.2.2)."
                : null;
    }
}
