using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class Http2Tests
{
    [Fact]
    public async Task HandleAsync_Http2Client_BodyIsPeekedBeyondTheWindowAndPassesToAnHttp1Backend()
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { TierPeekBytes = 3_000_000 }, protocols: HttpProtocols.Http2);
        var body = "{\"prompt\":\"" + new string('p', 2_000_000) + "\",\"tier\":\"pro\"}";
        using var request = Create("/x%2Fy?z=1", new StringContent(body, Encoding.UTF8, "application/json"));

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Equal("pro", routes.Queries.Last().Tier);
        var seen = Assert.Single(requests);
        Assert.Equal(("/x%2Fy?z=1", body), (seen.RawTarget, Encoding.UTF8.GetString(seen.Body)));
    }

    [Fact]
    public async Task HandleAsync_Grpc_GoesToAPlainBackendOverHttp2WithTrailers()
    {
        await using var backend = await TestServer.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.DeclareTrailer("grpc-status");
                await context.Request.Body.CopyToAsync(context.Response.Body);
                context.Response.AppendTrailer("grpc-status", context.Request.Protocol == "HTTP/2" ? "0" : "13");
            },
            HttpProtocols.Http2);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2);
        var content = new ByteArrayContent([0, 0, 0, 0, 1, 42]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = Create("/pkg.Service/Call", content);

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal([0, 0, 0, 0, 1, 42], await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task HandleAsync_Http2BodyTooLarge_AnswersPayloadTooLarge()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(new ConcurrentQueue<RecordedRequest>()));
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)), new ServerOptions { MaxRequestBodyBytes = 10_000 }, protocols: HttpProtocols.Http2);
        using var request = Create("/x", new ByteArrayContent(new byte[20_000]));

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task HandleAsync_ChunkedTrailersOfAnHttp1Backend_ReachAnHttp2Client()
    {
        await using var backend = TcpBackend.AnsweringThenResetting(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/x")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("body", await answer.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(answer.TrailingHeaders.GetValues("X-Sum")));
    }

    [Fact]
    public async Task HandleAsync_GrpcWeb_GoesToAnHttp1Backend()
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2);
        using var request = Create("/pkg.Service/Call", new ByteArrayContent([0]));
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Single(requests);
    }

    [Fact]
    public async Task HandleAsync_OfferOfH2cWithABody_IsServedAsHttp1()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync(
            "POST /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQBAAAA\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal(200, answer.Status);
        var seen = Assert.Single(exchange.Received);
        Assert.Equal(("body", null, null), (seen.BodyText, seen.Joined("Upgrade"), seen.Joined("HTTP2-Settings")));
    }

    private static HttpRequestMessage Create(string target, HttpContent content) => new(HttpMethod.Post, target)
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = content,
    };
}
