using System.Text;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy.Headers;

/// <summary>
/// Passes trailers that a backend announces (<c>Trailer</c>) on to a client of HTTP/1.1, which the server cannot: it always ends a chunked body
/// with nothing behind. So the body is put into chunks here, and the server is told that it is chunked already.
/// </summary>
internal sealed class ChunkedTrailers : WriteOnlyStream
{
    private readonly HttpResponse _response;

    private ChunkedTrailers(HttpResponse response)
        : base(response.Body) => _response = response;

    /// <summary>A response that was replaced after a failure is framed by the server again.</summary>
    private bool IsChunkedHere => _response.Headers.TransferEncoding.Count > 0;

    /// <summary>Prepares a response, status and headers copied, whose body has no length and is followed by trailers.</summary>
    public static void Announce(HttpResponseMessage answer, HttpContext context)
    {
        var response = context.Response;
        if (!HttpProtocol.IsHttp11(context.Request.Protocol)
            || HttpMethods.IsHead(context.Request.Method)
            || !answer.Headers.NonValidated.Contains(HeaderNames.Trailer)
            || response.Headers.ContentLength is not null
            || response.StatusCode is < 200 or 204 or 205 or 304)
        {
            return;
        }

        response.Headers.TransferEncoding = "chunked";
        response.Body = new ChunkedTrailers(response);
    }

    /// <summary>Ends the body of a prepared response; does nothing for any other.</summary>
    public static async ValueTask WriteAsync(HttpResponseMessage answer, HttpContext context)
    {
        if (context.Response.Body is not ChunkedTrailers { IsChunkedHere: true } chunked)
        {
            return;
        }

        var end = new StringBuilder("0\r\n");
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            foreach (var value in values)
            {
                end.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        await chunked.Inner.WriteAsync(Encoding.Latin1.GetBytes(end.Append("\r\n").ToString()), context.RequestAborted);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsChunkedHere)
        {
            await Inner.WriteAsync(buffer, cancellationToken);
        }
        else if (!buffer.IsEmpty)
        {
            await Inner.WriteAsync(Encoding.ASCII.GetBytes($"{buffer.Length:x}\r\n"), cancellationToken);
            await Inner.WriteAsync(buffer, cancellationToken);
            await Inner.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
        }
    }
}
