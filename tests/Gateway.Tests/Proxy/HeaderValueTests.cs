using System.Net;
using Microsoft.AspNetCore.Http;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Header values pass byte for byte, both ways.</summary>
public sealed class HeaderValueTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("X-Odd", "gr\u00C3\u00B6\u00C3\u009Fe \u00FC\u00FF\u0080")]
    [InlineData("X-Odd", "")]
    [InlineData("X-Odd", "a\tb  c")]
    [InlineData("X-Odd", ",,a,, b ,")]
    [InlineData("X-Odd", "\"quoted, text\"; p='x'")]
    [InlineData("Content-Type", "no media type; ;; \u00FC")]
    [InlineData("Date", "yesterday")]
    [InlineData("If-Modified-Since", "never")]
    [InlineData("Authorization", "Bearer  two  spaces==")]
    [InlineData("Accept", "odd/*;q=7, */*")]
    [InlineData("Accept-Encoding", "br;q=1.0, zstd")]
    [InlineData("Range", "bytes=0-,5-x")]
    [InlineData("User-Agent", "odd (agent")]
    [InlineData("Referer", "not a url")]
    [InlineData("Cookie", "a=b; c=d;; e=\u00FC")]
    [InlineData("Content-Language", "xx, yy")]
    [InlineData("Content-Encoding", "odd")]
    [InlineData("Content-MD5", "no base64")]
    [InlineData("Expires", "-1")]
    [InlineData("Last-Modified", "0")]
    [InlineData("Cache-Control", "odd=,no-cache")]
    [InlineData("Pragma", "no-cache")]
    [InlineData("Origin", "null")]
    [InlineData("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")]
    [InlineData("tracestate", "a=1")]
    [InlineData("baggage", "k=v")]
    [InlineData("Upgrade-Insecure-Requests", "1")]
    [InlineData("x_under.score!#$%&'*+-^`|~", "token characters")]
    public async Task HandleAsync_HeaderOfTheRequest_PassesUnchanged(string name, string value)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var request = await exchange.ForwardAsync($"{name}: {value}");

        Assert.Equal([value], request.All(name));
    }

    [Theory]
    [InlineData("Content-Type", "no media type; ;; \u00FC")]
    [InlineData("X-Odd", "gr\u00C3\u00B6\u00C3\u009Fe \u00FC\u00FF\u0080")]
    [InlineData("X-Odd", "")]
    [InlineData("X-Odd", "a\tb  c")]
    [InlineData("Date", "yesterday")]
    [InlineData("Server", "odd/1 (x)")]
    [InlineData("ETag", "no quotes")]
    [InlineData("Expires", "0")]
    [InlineData("Last-Modified", "never")]
    [InlineData("Location", "../x?y=%2F#\u00FC")]
    [InlineData("Content-Location", "not a url: \u00FC")]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("Content-Disposition", "attachment; filename=\"\u00FC.txt\"")]
    [InlineData("Content-Range", "odd")]
    [InlineData("Retry-After", "soon")]
    [InlineData("Vary", "*, a")]
    [InlineData("Allow", "odd,,GET")]
    [InlineData("WWW-Authenticate", "Odd realm=\"x, y\", Basic")]
    [InlineData("Alt-Svc", "h3=\":443\"")]
    [InlineData("X-Frame-Options", "SAMEORIGIN")]
    [InlineData("Age", "-5")]
    [InlineData("Via", "1.1 odd")]
    public async Task HandleAsync_HeaderOfTheAnswer_PassesUnchanged(string name, string value)
    {
        await using var exchange = await RawExchange.StartAsync(_ => $"HTTP/1.1 200 Odd Reason\r\n{name}: {value}\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal([value], answer.All(name));
        Assert.Equal("HTTP/1.1 200 Odd Reason", answer.StartLine);
    }

    [Fact]
    public async Task HandleAsync_AnswerHasSecurityHeaders_TheyTakeTheGatewaysPlace()
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.Headers.XFrameOptions = new(["SAMEORIGIN", "DENY"]);
            context.Response.Headers.StrictTransportSecurity = "max-age=1";
            return context.Response.WriteAsync("ok");
        });
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)), before: static next => new SecurityHeadersMiddleware(next).InvokeAsync);
        using var client = new HttpClient();

        using var answer = await client.GetAsync(proxy.Url);

        Assert.Equal(["SAMEORIGIN", "DENY"], answer.Headers.GetValues("X-Frame-Options"));
        Assert.Equal(["max-age=1"], answer.Headers.GetValues("Strict-Transport-Security"));
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["1; mode=block"], answer.Headers.GetValues("X-XSS-Protection"));
    }

    [Fact]
    public async Task HandleAsync_BackendIsDead_TheProblemHasTheGatewaysSecurityHeaders()
    {
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", ProxyServer.DeadUrl())), before: static next => new SecurityHeadersMiddleware(next).InvokeAsync);
        using var client = new HttpClient();

        using var answer = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal(["DENY"], answer.Headers.GetValues("X-Frame-Options"));
    }

    [Fact]
    public async Task HandleAsync_NoHeadersOfItsOwn_NeitherSideGetsOthers()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(
            ["host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-lb-client-id", "x-lb-hostname"],
            Assert.Single(exchange.Received).Headers.Select(static header => header.Name.ToLowerInvariant()).Order());

        // RFC 9110, section 6.6.1: a recipient with a clock adds the date.
        Assert.Equal(["content-length", "date"], answer.Headers.Select(static header => header.Name.ToLowerInvariant()).Order());
    }

    [Fact]
    public async Task HandleAsync_SeveralValues_KeepTheirOrder()
    {
        await using var exchange = await RawExchange.StartAsync(
            static _ => "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/, x\r\nX-Two: 2\r\nSet-Cookie: b=2\r\nX-Two: 1\r\nSet-Cookie: a=3\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\nX-Two: b\r\nX-One: 1\r\nX-Two: a, c\r\nX-Two: a\r\n\r\n");

        Assert.Equal(["a=1; Path=/, x", "b=2", "a=3"], answer.All("Set-Cookie"));
        Assert.Equal("2, 1", answer.Joined("X-Two"));
        Assert.Equal("b, a, c, a", Assert.Single(exchange.Received).Joined("X-Two"));
    }

    [Fact]
    public async Task HandleAsync_VeryLongHeader_PassesUpToTheLimit()
    {
        var longValue = string.Concat(Enumerable.Range(0, 5_000).Select(static i => $"{i:D5},"));
        await using var exchange = await RawExchange.StartAsync(_ => $"HTTP/1.1 200 OK\r\nX-Long: {longValue}\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync($"GET /x HTTP/1.1\r\nHost: x\r\nX-Long: {longValue}\r\n\r\n");

        Assert.Equal(longValue, answer.Joined("X-Long"));
        Assert.Equal(longValue, Assert.Single(exchange.Received).Joined("X-Long"));
    }

    [Fact]
    public async Task HandleAsync_HeadersBeyondTheLimit_Answers431()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        await exchange.SendAsync($"GET /x HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 40_000)}\r\n\r\n");

        Assert.Equal(431, (await exchange.ReadAsync()).Status);
        Assert.Empty(exchange.Received);
    }
}
