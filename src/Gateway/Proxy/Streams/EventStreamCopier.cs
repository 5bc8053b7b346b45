using System.IO.Pipelines;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>
/// Copies an event stream (SSE) to the client. It may be silent for any time, and flushes by <c>proxy_sse_flush_interval_ms</c>:
/// at once, or when the oldest byte has waited for the interval, or only when <see cref="BufferBytes"/> have gathered.
/// A stream that breaks off breaks the client's off too: it must not look complete.
/// </summary>
internal sealed partial class EventStreamCopier(ProxySettings settings, TimeProvider time, ILogger<EventStreamCopier> logger)
{
    private const string MediaType = "text/event-stream";
    private const int BufferBytes = 4096;

    private readonly TimeSpan _interval = settings.EventStreamFlush;

    /// <summary>Whether the response is an event stream.</summary>
    public static bool IsEventStream(HttpResponseMessage answer) =>
        answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) && IsEventStream(values.ToString());

    /// <summary>Whether a list of media types, as in <c>Accept</c>, has event streams in it.</summary>
    public static bool IsEventStream(string? mediaTypes) => mediaTypes?.Contains(MediaType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Copies the body to its end. Status and headers must have been copied. Never throws.</summary>
    /// <returns>Whether it came to its end.</returns>
    public async Task<bool> CopyAsync(HttpResponseMessage answer, HttpContext context)
    {
        try
        {
            await using var source = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
            await CopyAsync(source, context.Response, context.RequestAborted);
            return true;
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException or TimeoutException)
        {
            if (!context.RequestAborted.IsCancellationRequested)
            {
                LogBroken(broken.Message);
                context.Abort();
            }

            return false;
        }
    }

    private async Task CopyAsync(Stream source, HttpResponse response, CancellationToken cancellation)
    {
        var sink = response.BodyWriter;
        if (_interval == TimeSpan.Zero)
        {
            // The head goes out before the first event: a client that waits for "open" may be the cause of that event.
            await FlushAsync(sink, cancellation);
        }

        var waiting = 0;
        var isWaiting = !response.HasStarted;
        var since = time.GetTimestamp();
        while (true)
        {
            // A read of no bytes waits for data without holding memory for a stream that is mostly silent.
            var ready = source.ReadAsync(Memory<byte>.Empty, cancellation);
            if (isWaiting && !ready.IsCompleted && _interval != Timeout.InfiniteTimeSpan)
            {
                var pending = ready.AsTask();
                isWaiting = !await FlushWhenDueAsync(pending, sink, since, cancellation);
                await pending;
            }
            else
            {
                await ready;
            }

            var count = await source.ReadAsync(sink.GetMemory(), cancellation);
            if (count == 0)
            {
                await FlushAsync(sink, cancellation);
                return;
            }

            sink.Advance(count);
            (waiting, since) = isWaiting ? (waiting + count, since) : (count, time.GetTimestamp());
            isWaiting = waiting < BufferBytes && (_interval == Timeout.InfiniteTimeSpan || time.GetElapsedTime(since) < _interval);
            if (!isWaiting)
            {
                await FlushAsync(sink, cancellation);
            }
        }
    }

    /// <summary>Hands what has gathered to the client, which has to take it in the usual time: only the backend may be silent for longer.</summary>
    private async ValueTask FlushAsync(PipeWriter sink, CancellationToken cancellation)
    {
        var flushed = sink.FlushAsync(cancellation);
        if (flushed.IsCompleted)
        {
            await flushed;
        }
        else
        {
            await flushed.AsTask().WaitAsync(settings.RequestTimeout, time, cancellation);
        }
    }

    /// <summary>Flushes when the interval is over before more data is there; whether it did.</summary>
    private async Task<bool> FlushWhenDueAsync(Task moreData, PipeWriter sink, long since, CancellationToken cancellation)
    {
        var left = _interval - time.GetElapsedTime(since);
        if (left > TimeSpan.Zero)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (await Task.WhenAny(moreData, Task.Delay(left, time, stop.Token)) == moreData)
            {
                await stop.CancelAsync();
                return false;
            }
        }

        await FlushAsync(sink, cancellation);
        return true;
    }

    [LoggerMessage(3301, LogLevel.Debug, "An event stream broke off: {Cause}")]
    private partial void LogBroken(string cause);
}
