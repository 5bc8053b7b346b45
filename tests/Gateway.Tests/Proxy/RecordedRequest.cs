using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A request as a backend saw it.</summary>
internal sealed record RecordedRequest(string Method, string RawTarget, Dictionary<string, string> Headers, byte[] Body)
{
    public static async Task<RecordedRequest> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return new RecordedRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
    }

    /// <summary>A handler that keeps every request and answers "ok".</summary>
    public static RequestDelegate Into(ConcurrentQueue<RecordedRequest> requests) => async context =>
    {
        requests.Enqueue(await ReadAsync(context));
        await context.Response.WriteAsync("ok");
    };
}
