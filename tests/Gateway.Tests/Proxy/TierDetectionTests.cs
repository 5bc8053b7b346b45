using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class TierDetectionTests
{
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();

    [Theory]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "application/json", "body")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "application/vnd.api+json; charset=utf-8", "body")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "APPLICATION/JSON ;charset=utf-8", "body")]
    [InlineData("/x?tier=query", "header", "\uFEFF{\"tier\":\"body\"}", "application/json", "body")]
    [InlineData("/x?tier=query", "header", "{\"a\":{\"tier\":\"inner\"},\"\\u0074ier\":\"body\",\"tier\":\"second\"}", "application/json", "body")]
    [InlineData("/x?tier=query", "header", "/* c */{\"tier\":\"body\"}", "application/json", "query")]
    [InlineData("/x?tier=query", "header", "[{\"tier\":\"body\"}]", "application/json", "query")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "text/plain", "query")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "application/jsonp", "query")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "application/x-ndjson", "query")]
    [InlineData("/x?tier=query", "header", "tier=body", "application/x-www-form-urlencoded", "query")]
    [InlineData("/x?tier=query", "header", "{\"tier\":\"body\"}", "", "query")]
    [InlineData("/x?tier=query", "header", "{\"other\":1}", "application/json", "query")]
    [InlineData("/x?tier=query", "header", "{\"tier\":", "application/json", "query")]
    [InlineData("/x?a=1&tier=&tier=que%72y", "header", null, null, "query")]
    [InlineData("/x?Tier=no", "header", null, null, "header")]
    [InlineData("/x", null, null, null, "lite")]
    [InlineData("/x", "", "", "application/json", "lite")]
    public async Task DetectAsync_Sources_BodyThenQueryThenHeaderThenLite(string target, string? header, string? body, string? contentType, string expected)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var request = new HttpRequestMessage(HttpMethod.Post, target);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Tier", header);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(expected, Assert.Single(routes.Queries).Tier);
        Assert.Equal(body ?? "", Encoding.UTF8.GetString(Assert.Single(_requests).Body));
    }

    [Fact]
    public async Task DetectAsync_CompressedJson_IsPassedOnUnread()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync("{\"tier\":\"body\"}"u8.ToArray());
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/x?tier=query") { Content = new ByteArrayContent(compressed.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("query", Assert.Single(routes.Queries).Tier);
        Assert.Equal(compressed.ToArray(), Assert.Single(_requests).Body);
        Assert.Equal("gzip", Assert.Single(_requests).Headers["Content-Encoding"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DetectAsync_BodyInManyPieces_FindsTheTierAndLosesNothing(bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        var body = "{\"prompt\":\"" + new string('p', 300) + "\",\"tier\":\"pro\",\"rest\":\"" + new string('r', 300) + "\"}";
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {body.Length}\r\n\r\n"));
        foreach (var piece in body.Chunk(7))
        {
            await connection.SendAsync(isChunked ? $"{piece.Length:x}\r\n{new string(piece)}\r\n" : new string(piece));
        }

        await connection.SendAsync(isChunked ? "0\r\n\r\n" : "");

        Assert.Contains(" 200 OK", await connection.ReadUntilAsync("ok"), StringComparison.Ordinal);
        Assert.Equal("pro", Assert.Single(routes.Queries).Tier);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(_requests).Body));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DetectAsync_TierBehindAMegabyte_IsFoundWithinTheLimit(bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { TierPeekBytes = 3_000_000 });
        var body = "{\"prompt\":\"" + new string('p', 2_000_000) + "\",\"tier\":\"pro\",\"rest\":\"" + new string('r', 1_500_000) + "\"}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("pro", Assert.Single(routes.Queries).Tier);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(_requests).Body));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DetectAsync_TierBehindTheLimit_IsNotFoundAndTheBodyPasses(bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { TierPeekBytes = 1000 });
        var body = "{\"prompt\":\"" + new string('p', 1000) + "\",\"tier\":\"pro\"}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x?tier=query") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal("query", Assert.Single(routes.Queries).Tier);
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(_requests).Body));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DetectAsync_ClientFallsSilent_RequestGoesOnWithWhatHasCome(bool isChunked)
    {
        const string FirstPart = "{\"prompt\":\"abc";
        const string LastPart = "\",\"tier\":\"late\"}";
        var seen = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            // A body with a length is gathered by the HTTP client; without one, its first part comes at once.
            var body = new byte[100];
            var length = 0;
            if (isChunked)
            {
                length = await context.Request.Body.ReadAtLeastAsync(body, FirstPart.Length);
            }

            seen.TrySetResult();
            length += await context.Request.Body.ReadAtLeastAsync(body.AsMemory(length), body.Length - length, throwOnEndOfStream: false);
            await context.Response.WriteAsync("got " + Encoding.UTF8.GetString(body, 0, length));
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, settings: s => s with { PeekPatience = TimeSpan.FromMilliseconds(150) });
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + (isChunked
                ? $"Transfer-Encoding: chunked\r\n\r\n{FirstPart.Length:x}\r\n{FirstPart}\r\n"
                : $"Content-Length: {FirstPart.Length + LastPart.Length}\r\n\r\n{FirstPart}"));
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await connection.SendAsync(isChunked ? $"{LastPart.Length:x}\r\n{LastPart}\r\n0\r\n\r\n" : LastPart);

        Assert.Contains("got " + FirstPart + LastPart, await connection.ReadUntilAsync(LastPart), StringComparison.Ordinal);
        Assert.Equal("lite", Assert.Single(routes.Queries).Tier);
    }

    [Fact]
    public async Task DetectAsync_ExpectContinue_ClientIsAskedForTheBody()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync(
            "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
            + "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n");
        Assert.Contains("100 Continue", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        await connection.SendAsync("{\"tier\":\"pro\"}");

        Assert.Contains(" 200 OK", await connection.ReadUntilAsync("ok"), StringComparison.Ordinal);
        Assert.Equal("pro", Assert.Single(routes.Queries).Tier);
        Assert.Equal(14, Assert.Single(_requests).Body.Length);
    }

    [Fact]
    public async Task HandleAsync_UnknownTier_IsABadRequest()
    {
        await using var proxy = await ProxyServer.StartAsync(new() { WithoutHost = RouteOutcome.UnknownTier });

        using var answer = await proxy.Client.GetAsync(new Uri("/x?tier=nope", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("scripted detail", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandleAsync_PlaceAndStickyId_ReachTheResolver()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { StickyHeader = "X-Session" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x");
        request.Headers.Add("X-Session", "s-1");
        request.Content = new StringContent("""{"client_lat":48.5,"client_lon":-11.5,"tier":"pro"}""", Encoding.UTF8, "application/json");

        using var answer = await proxy.Client.SendAsync(request);

        var query = Assert.Single(routes.Queries);
        Assert.Equal(("s-1", 48.5, -11.5), (query.StickyId, query.Place.Latitude, query.Place.Longitude));
    }

    [Fact]
    public async Task HandleAsync_StickyIdTooLong_IsABadRequest()
    {
        await using var proxy = await ProxyServer.StartAsync(new(), new ServerOptions { StickyHeader = "X-Session" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/x");
        request.Headers.Add("X-Session", new string('s', 513));

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }
}
