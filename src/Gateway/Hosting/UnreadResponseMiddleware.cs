using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Opsen.Gateway.Listeners.Http2;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>
/// Ends HTTP/2 streams whose clients do not take their response: flow control lets a client hold as many of them in memory as it may open, and for as long as
/// it answers pings. In HTTP/1.1 the connection's own timeouts do it (<c>ListenSocket</c>, <c>idle_timeout_seconds</c>). The outermost middleware.
/// </summary>
internal sealed class UnreadResponseMiddleware(RequestDelegate next, ServerOptions options, TimeProvider time)
{
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.RequestTimeoutSeconds);

    /// <summary>Runs the request.</summary>
    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<SentStreams>() is { } streams && context.Features.Get<IHttp2StreamIdFeature>() is { } stream
            ? RunAsync(context, streams, stream.StreamId)
            : next(context);

    private async Task RunAsync(HttpContext context, SentStreams streams, int stream)
    {
        var server = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        if (ManagementPaths.Contains(context.Request.Path))
        {
            // The proxy limits its own writes.
            context.Response.Body = new PatientStream(context, context.Response.Body, _patience, time);
        }

        var sent = streams.Watch(stream);
        try
        {
            await next(context);
            await context.Response.CompleteAsync();
            if (context.Features.Get<IHttpResponseBodyFeature>() != server)
            {
                // The body was wrapped, and what wraps it completes itself alone.
                await server.CompleteAsync();
            }

            if (!sent.IsCompleted)
            {
                await sent.WaitAsync(_patience, time, context.RequestAborted);
            }
        }
        catch (TimeoutException)
        {
            context.Abort();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // There is nobody left to send it to.
        }
        finally
        {
            streams.Forget(stream);
        }
    }
}
