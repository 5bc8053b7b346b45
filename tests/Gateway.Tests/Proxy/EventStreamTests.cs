using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Opsen.Gateway.Orca;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class EventStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

    [Fact]
    public async Task CopyAsync_FlushAtOnce_EveryEventArrivesBeforeTheNext()
    {
        await using var backend = await TestServer.StartAsync(StreamAsync);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        // The head comes before any event.
        using var answer = await OpenAsync(proxy);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        for (var i = 0; i < 3; i++)
        {
            await _events.Writer.WriteAsync($"data: {i}\n\n");
            Assert.Equal($"data: {i}\n\n", await ReadAsync(stream, 9));
        }

        _events.Writer.Complete();
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/event-stream")]
    public async Task CopyAsync_SilentForLongerThanTheTimeout_GoesOn(string? accept)
    {
        var limit = TimeSpan.FromMilliseconds(200);
        await using var backend = await TestServer.StartAsync(StreamAsync);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: s => s with { RequestTimeout = limit });
        using var answer = await OpenAsync(proxy, accept);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        await _events.Writer.WriteAsync("first");
        Assert.Equal("first", await ReadAsync(stream, 5));

        using var silence = new PeriodicTimer(4 * limit);
        await silence.WaitForNextTickAsync();
        await _events.Writer.WriteAsync("later");

        Assert.Equal("later", await ReadAsync(stream, 5));
    }

    [Fact]
    public async Task CopyAsync_AnswerComesLaterThanTheTimeout_AcceptHeaderExempts()
    {
        var limit = TimeSpan.FromMilliseconds(200);
        await using var backend = await TestServer.StartAsync(async context =>
        {
            using var silence = new PeriodicTimer(4 * limit);
            await silence.WaitForNextTickAsync(context.RequestAborted);
            await context.Response.WriteAsync("late");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: s => s with { RequestTimeout = limit });

        using var answer = await OpenAsync(proxy, "text/event-stream");

        Assert.Equal((HttpStatusCode.OK, "late"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task CopyAsync_FlushInterval_EventWaitsForTheIntervalAndNoLonger()
    {
        var interval = TimeSpan.FromMilliseconds(400);
        await using var backend = await TestServer.StartAsync(StreamAsync);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: s => s with { EventStreamFlush = interval });
        var clock = Stopwatch.StartNew();
        using var answer = await OpenAsync(proxy);
        await using var stream = await answer.Content.ReadAsStreamAsync();

        // The head has waited for the interval; a new one begins with the next byte.
        Assert.True(clock.Elapsed >= interval * 0.9, $"The head came after {clock.Elapsed}.");
        clock.Restart();
        await _events.Writer.WriteAsync("one ");
        await _events.Writer.WriteAsync("two ");
        Assert.Equal("one two ", await ReadAsync(stream, 8));
        Assert.True(clock.Elapsed >= interval * 0.9, $"The events came after {clock.Elapsed}.");
    }

    [Fact]
    public async Task CopyAsync_NoForcedFlush_EventsComeWhenTheBufferIsFullOrTheStreamEnds()
    {
        await using var backend = await TestServer.StartAsync(StreamAsync);
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)), settings: s => s with { EventStreamFlush = Timeout.InfiniteTimeSpan });
        var opening = OpenAsync(proxy);
        await _events.Writer.WriteAsync("small");
        using var silence = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        await silence.WaitForNextTickAsync();
        Assert.False(opening.IsCompleted);

        await _events.Writer.WriteAsync(new string('x', 8192));
        using var answer = await opening;
        await using var stream = await answer.Content.ReadAsStreamAsync();
        Assert.StartsWith("smallxxx", await ReadAsync(stream, 4096), StringComparison.Ordinal);
        await _events.Writer.WriteAsync("end");
        _events.Writer.Complete();

        Assert.EndsWith("xend", await ReadAsync(stream, 5 + 8192 + 3 - 4096), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyAsync_BackendBreaksOff_ClientSeesThatItIsIncomplete()
    {
        await using var breaking = TcpBackend.AnsweringThenResetting(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", breaking.Url)));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative)));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task CopyAsync_Trailers_PassAndLoadReportsAreTaken(HttpProtocols protocol)
    {
        await using var backend = TcpBackend.AnsweringThenResetting(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nX-Sum: 42\r\nendpoint-load-metrics: TEXT cpu_utilization=0.5\r\n\r\n");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: protocol);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events") { VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Version = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("first", await answer.Content.ReadAsStringAsync());
        Assert.Equal(["42"], answer.TrailingHeaders.GetValues("X-Sum"));
        Assert.False(answer.TrailingHeaders.Contains("endpoint-load-metrics"));
        var report = Assert.Single(proxy.Services.GetRequiredService<OrcaInbox>().Fetch());
        Assert.Equal(("a", "TEXT cpu_utilization=0.5"), (report.ClientId, report.Value));
    }

    [Fact]
    public async Task CopyAsync_ClientLeaves_BackendLearnsOfIt()
    {
        var left = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => left.TrySetResult());
            await StreamAsync(context);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using (var answer = await OpenAsync(proxy))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await left.Task.WaitAsync(Patience);
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        await context.Response.Body.FlushAsync();
        await foreach (var text in _events.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(text);
            await context.Response.Body.FlushAsync();
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(TestServer proxy, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events");
        if (accept is not null)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        }

        return await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
    }

    private static async Task<string> ReadAsync(Stream stream, int length)
    {
        var buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(Patience);
        return System.Text.Encoding.UTF8.GetString(buffer);
    }
}
