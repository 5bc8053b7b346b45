using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class BodyLimitTests
{
    [Theory]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/octet-stream", true)]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    public async Task HandleAsync_BodyTooLarge_AnswersPayloadTooLarge(string contentType, bool isChunked)
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { MaxRequestBodyBytes = 10_000 });
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        var body = "[" + new string(' ', 20_000);

        await connection.SendAsync($"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\n"
            + (isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n" : $"Content-Length: {body.Length}\r\n\r\n{body}"));

        var answer = await connection.ReadUntilAsync("\"detail\"");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("body-too-large", answer, StringComparison.Ordinal);
        Assert.Empty(requests);
        if (!isChunked)
        {
            Assert.Empty(routes.Queries);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HandleAsync_MegabytesTooMany_ClientGetsTheAnswer(bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(new ConcurrentQueue<RecordedRequest>()));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x") { Content = new ByteArrayContent(new byte[11_000_000]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/octet-stream", true)]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    public async Task HandleAsync_BodyExactlyAtTheLimit_Passes(string contentType, bool isChunked)
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), new ServerOptions { MaxRequestBodyBytes = 10_000 });
        var body = "[" + new string(' ', 9_999);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x") { Content = new StringContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(10_000, Assert.Single(requests).Body.Length);
    }

    [Fact]
    public async Task HandleAsync_BrokenChunks_AnswersBadRequest()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(new ConcurrentQueue<RecordedRequest>()));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }
}
