using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Opsen.Gateway.Problems;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Requests;

/// <summary>Reads JSON bodies within the configured size and time. A body that cannot be read becomes a problem response that says why.</summary>
internal sealed class JsonBody(ServerOptions options, TimeProvider time)
{
    private const string MediaType = "application/json";
    private const string PlainFetch = "text/plain;charset=UTF-8";
    private const string Route = "/route";
    private const string FetchSite = "Sec-Fetch-Site";

    // No call needs more. The configured limit may be sized for proxied uploads, which are never held in memory.
    private const long MaxJsonBytes = 16 << 20;

    private readonly long _maxBytes = Math.Min(options.MaxRequestBodyBytes, MaxJsonBytes);
    private readonly TimeSpan _deadline = TimeSpan.FromSeconds(options.RequestTimeoutSeconds);

    /// <summary>Reads the body; null when a problem response has been written.</summary>
    public async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!await AcceptHeadAsync(context))
        {
            return null;
        }

        using var body = new PooledBody();
        return await TryReceiveAsync(context, body) ? await ParseAsync(context, body, type) : null;
    }

    /// <summary>Checks the request's headers for calls that need no body. False when a response has been written.</summary>
    public async Task<bool> AcceptHeadAsync(HttpContext context)
    {
        var request = context.Request;
        TakeOverLimit(context);
        if (request.ContentLength > _maxBytes)
        {
            await RefuseSizeAsync(context);
            return false;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } || IsJson(request))
        {
            return true;
        }

        await StatusProblems.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType);
        return false;
    }

    private async Task<bool> TryReceiveAsync(HttpContext context, PooledBody body)
    {
        // The server's own limit counts the framing of chunks too; this reader counts the body alone.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        using var deadline = new CancellationTokenSource(_deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, context.RequestAborted);
        try
        {
            if (await body.TryReadAsync(context.Request.Body, _maxBytes, either.Token))
            {
                return true;
            }

            await RefuseSizeAsync(context);
            return false;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            await StatusProblems.WriteAsync(context, StatusCodes.Status408RequestTimeout);
            return false;
        }
    }

    private static async Task<T?> ParseAsync<T>(HttpContext context, PooledBody body, JsonTypeInfo<T> type)
        where T : class
    {
        string mistake;
        if (body.Content.IsEmpty)
        {
            mistake = "The body is empty. Send a JSON object.";
        }
        else if (!Utf8.IsValid(body.Content))
        {
            mistake = "The body is not valid UTF-8. Send JSON encoded as UTF-8.";
        }
        else if (JsonBudget.IsExceeded(body.Content))
        {
            mistake = $"The body has more than {JsonBudget.MaxValues} values, which no host has to report. Send shorter lists.";
        }
        else
        {
            try
            {
                if (JsonSerializer.Deserialize(body.Content, type) is { } value)
                {
                    return value;
                }

                mistake = "The body must be a JSON object, not null.";
            }
            catch (JsonException exception)
            {
                mistake = JsonMistake.Describe(exception, type);
            }
        }

        await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, mistake);
        return null;
    }

    /// <summary>Whether the body is announced as plain JSON in UTF-8. The reference takes a body without a Content-Type too, and its users' programs call
    /// <c>fetch</c> without naming one.</summary>
    private static bool IsJson(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.ContentEncoding.Count > 0 && !headers.ContentEncoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var contentType = headers.ContentType.ToString();
        return contentType.Length == 0
            || IsOfPlainFetch(request, contentType)
            || (MediaTypeHeaderValue.TryParse(contentType, out var parsed)
                && parsed.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
                && (parsed.Charset.Length == 0 || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Whether it is what <c>fetch</c> writes by itself for a text, from a program that asks for a host. A page of another site could send that too,
    /// but a browser adds where it comes from.</summary>
    private static bool IsOfPlainFetch(HttpRequest request, string contentType) =>
        contentType == PlainFetch
        && request.Path.Equals(Route, StringComparison.OrdinalIgnoreCase)
        && request.Headers.Origin.Count == 0
        && request.Headers[FetchSite].Count == 0;

    /// <summary>Where the server itself finds a body too large it closes the connection, and a client that writes first and reads then sees a reset instead
    /// of the 413. Without its own limit it reads away, for a bounded time, what the client is still sending.</summary>
    private static void TakeOverLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }
    }

    private Task RefuseSizeAsync(HttpContext context) => Problem.WriteAsync(
        context,
        StatusCodes.Status413PayloadTooLarge,
        ProblemTypes.BodyTooLarge,
        $"The body is larger than {_maxBytes} bytes, which max_request_body_bytes or the call itself allows. Send less.");
}
