using System.Collections.Concurrent;
using System.Net;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ForwardingHeadersTests
{
    [Fact]
    public async Task Write_UntrustedClient_ReplacesWhatItSent()
    {
        var headers = await ForwardAsync(isTrusted: false, """
            X-Forwarded-For: 1.2.3.4
            X-Forwarded-Proto: https
            X-Forwarded-Host: forged
            X-LB-Client-ID: forged
            X-LB-Hostname: forged
            """);

        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("shop.example:81", headers["X-Forwarded-Host"]);
        Assert.Equal("a", headers["X-LB-Client-ID"]);
        Assert.Equal("a-name", headers["X-LB-Hostname"]);
    }

    [Fact]
    public async Task Write_NothingSent_NamesTheConnection()
    {
        var headers = await ForwardAsync(isTrusted: false, "X-Other: 1");

        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("shop.example:81", headers["X-Forwarded-Host"]);
        Assert.Equal("shop.example:81", headers["Host"]);
    }

    /// <summary>Whatever a trusted proxy says of the client's address, its word on scheme and host counts.</summary>
    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.9", "203.0.113.9, 127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.9, 10.1.1.1", "203.0.113.9, 10.1.1.1, 127.0.0.1")]
    [InlineData("X-Forwarded-For: unknown", "unknown, 127.0.0.1")]
    [InlineData("X-Forwarded-For: 127.0.0.1", "127.0.0.1, 127.0.0.1")]
    [InlineData("X-Forwarded-For: 203.0.113.9,", "203.0.113.9,, 127.0.0.1")]
    [InlineData("X-Forwarded-For: ", "127.0.0.1")]
    [InlineData("X-Real-IP: 2001:db8::7", "2001:db8::7, 127.0.0.1")]
    [InlineData("X-Other: 1", "127.0.0.1")]
    public async Task Write_TrustedProxy_AppendsToItsListAndKeepsItsSchemeAndHost(string sent, string list)
    {
        var headers = await ForwardAsync(isTrusted: true, $"{sent}\nX-Forwarded-Proto: https\nX-Forwarded-Host: public.example");

        Assert.Equal(list, headers["X-Forwarded-For"]);
        Assert.Equal("https", headers["X-Forwarded-Proto"]);
        Assert.Equal("public.example", headers["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task Write_TrustedProxyThatSaysNothing_NamesWhatTheConnectionTells()
    {
        var headers = await ForwardAsync(isTrusted: true, "X-Forwarded-For: 203.0.113.9");

        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("shop.example:81", headers["X-Forwarded-Host"]);
    }

    [Theory]
    [InlineData(BackendHost.Preserve, "shop.example:81")]
    [InlineData(BackendHost.Endpoint, null)]
    public async Task Write_BackendHost_IsTheCallersOrTheEndpoints(BackendHost choice, string? expected)
    {
        var headers = await ForwardAsync(isTrusted: false, "X-Other: 1", new ServerOptions { BackendHost = choice });

        Assert.Equal(expected ?? headers["X-Own-Address"], headers["Host"]);
    }

    [Fact]
    public async Task Write_ReservationHoldsCards_NamesThem()
    {
        Assert.Equal("0,3", (await ForwardAsync(isTrusted: false, "X-LB-GPU-IDs: 7", gpuIds: [0, 3]))["X-LB-GPU-IDs"]);
        Assert.DoesNotContain("X-LB-GPU-IDs", (await ForwardAsync(isTrusted: false, "X-LB-GPU-IDs: 7")).Keys);
    }

    [Theory]
    [InlineData("X-Real-IP")]
    [InlineData("Forwarded")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X-Forwarded-Prefix")]
    public async Task Write_WhatOnlyAProxyMaySay_PassesFromATrustedOneOnly(string name)
    {
        Assert.DoesNotContain(name, (await ForwardAsync(isTrusted: false, $"{name}: 1.2.3.4")).Keys);
        Assert.Equal("1.2.3.4", (await ForwardAsync(isTrusted: true, $"{name}: 1.2.3.4"))[name]);
    }

    [Fact]
    public async Task Write_KeyOfTheGateway_StaysHereAndAnotherOnePasses()
    {
        var options = new ServerOptions { ServerKey = "ours", ApiKeys = ["also-ours"] };

        Assert.DoesNotContain("X-API-Key", (await ForwardAsync(isTrusted: false, "X-API-Key: ours", options)).Keys);
        Assert.DoesNotContain("X-API-Key", (await ForwardAsync(isTrusted: true, "x-api-key: also-ours", options)).Keys);
        Assert.Equal("theirs", (await ForwardAsync(isTrusted: false, "X-API-Key: theirs", options))["X-API-Key"]);
    }

    [Fact]
    public async Task HandleAsync_RequestComesBack_AnswersLoopDetectedAfterOneRound()
    {
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", "http://127.0.0.1:9"));
        await using var proxy = await ProxyServer.StartAsync(routes);
        routes.Hosts[0] = ScriptedRoutes.Host("a", proxy.Url);

        using var answer = await proxy.Client.GetAsync("/x");

        Assert.Equal(HttpStatusCode.LoopDetected, answer.StatusCode);
        Assert.Single(routes.Queries);
    }

    [Fact]
    public async Task HandleAsync_OthersVia_StaysAndIsExtended()
    {
        var headers = await ForwardAsync(isTrusted: false, "Via: 1.0 fred, 1.1 p.example.net");

        Assert.Matches("^1.0 fred, 1.1 p.example.net, ?1.1 opsen-[0-9a-f]{16}$", headers["Via"]);
    }

    private static async Task<Dictionary<string, string>> ForwardAsync(bool isTrusted, string headers, ServerOptions? options = null, int[]? gpuIds = null)
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        var trusted = AddressSet.Parse("trusted_proxies", isTrusted ? ["127.0.0.1"] : []);
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)) { GpuIds = [.. gpuIds ?? []] },
            options,
            before: next => new ForwardedCallerMiddleware(next, trusted).InvokeAsync);
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: shop.example:81\r\nConnection: close\r\n{headers.ReplaceLineEndings("\r\n")}\r\n\r\n");
        await connection.ReadUntilAsync("ok");
        return new(Assert.Single(requests).Headers) { ["X-Own-Address"] = new Uri(backend.Url).Authority };
    }
}
