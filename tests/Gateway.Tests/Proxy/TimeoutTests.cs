using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Opsen.Gateway.Proxy;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class TimeoutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(400);

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task HandleAsync_BackendDoesNotAnswer_AnswersGatewayTimeout(string method)
    {
        await using var backend = await TestServer.StartAsync(UntilAbortedAsync);
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("slow", backend.Url), ScriptedRoutes.Host("other", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, settings: Limited);

        using var request = new HttpRequestMessage(new HttpMethod(method), "/x") { Content = method == "POST" ? new StringContent("body") : null };
        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("'slow'", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(routes.Queries);
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    public async Task HandleAsync_ClientDoesNotSendItsBody_AnswersRequestTimeout(string contentType)
    {
        await using var backend = await TestServer.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: Limited);
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync($"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\nContent-Length: 100\r\n\r\n{{\"half\":");

        var answer = await connection.ReadUntilAsync("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandleAsync_AnswerStops_ClientSeesThatItIsIncomplete()
    {
        await using var backend = await TestServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun");
            await UntilAbortedAsync(context);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: Limited);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative)));
    }

    [Fact]
    public async Task HandleAsync_BackendDoesNotTakeTheBody_AnswersGatewayTimeout()
    {
        // Reads the head and then nothing more, so that the connection's buffers fill up.
        await using var backend = new TcpBackend(async (client, cancellation) =>
        {
            await TcpBackend.ReadHeadAsync(client, cancellation);
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        });
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("full", backend.Url)), new ServerOptions { MaxRequestBodyBytes = 1 << 30 }, settings: Limited);

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new ByteArrayContent(new byte[64 << 20]));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("'full'", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task HandleAsync_HeadersButNoBody_AnswersGatewayTimeout()
    {
        await using var backend = await TestServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 5;
            await context.Response.Body.FlushAsync();
            await UntilAbortedAsync(context);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: Limited);

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
    }

    [Fact]
    public async Task HandleAsync_DownloadLongerThanTheLimit_IsNotCut()
    {
        await using var backend = await TestServer.StartAsync(context => TrickleAsync(context, 3 * Limit));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: Limited);

        var body = await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));

        Assert.EndsWith("end", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandleAsync_UploadLongerThanTheLimit_IsNotCut()
    {
        var received = 0L;
        await using var backend = await TestServer.StartAsync(async context =>
        {
            received = (await RecordedRequest.ReadAsync(context)).Body.Length;
            await context.Response.WriteAsync("ok");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), settings: Limited);
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        var sent = 0;
        using (var ticks = new PeriodicTimer(Limit / 8))
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < 3 * Limit && await ticks.WaitForNextTickAsync(); sent++)
            {
                await connection.SendAsync("1\r\nx\r\n");
            }
        }

        await connection.SendAsync("0\r\n\r\n");

        Assert.Contains(" 200 OK", await connection.ReadUntilAsync("ok"), StringComparison.Ordinal);
        Assert.Equal(sent, received);
    }

    /// <summary>Sends a little at a time for as long as is asked.</summary>
    private static async Task TrickleAsync(HttpContext context, TimeSpan duration)
    {
        using var ticks = new PeriodicTimer(Limit / 8);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < duration && await ticks.WaitForNextTickAsync(context.RequestAborted);)
        {
            await context.Response.WriteAsync("more ");
        }

        await context.Response.WriteAsync("end");
    }

    private static Task UntilAbortedAsync(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.RequestAborted.Register(() => aborted.TrySetResult());
        return aborted.Task;
    }

    private static ProxySettings Limited(ProxySettings settings) => settings with { RequestTimeout = Limit, PeekPatience = Limit / 4 };
}
