using System.Collections.Concurrent;
using System.Net;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ForwardingHeadersTests
{
    [Fact]
    public async Task Write_UntrustedClient_ReplacesWhatItSent()
    {
        var headers = await ForwardAsync(resolvedClient: null, """
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
        var headers = await ForwardAsync(resolvedClient: null, "X-Other: 1");

        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("shop.example:81", headers["X-Forwarded-Host"]);
        Assert.StartsWith("127.0.0.1:", headers["Host"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_TrustedProxy_AppendsToItsListAndKeepsItsSchemeAndHost()
    {
        var headers = await ForwardAsync("203.0.113.9", """
            X-Forwarded-For: 203.0.113.9, 10.1.1.1
            X-Forwarded-Proto: https
            X-Forwarded-Host: public.example
            """);

        Assert.Equal("203.0.113.9, 10.1.1.1, 127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("https", headers["X-Forwarded-Proto"]);
        Assert.Equal("public.example", headers["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task Write_TrustedProxyWithOnlyARealIp_BeginsTheListWithTheClient()
    {
        var headers = await ForwardAsync("2001:db8::7", "X-Real-IP: 2001:db8::7");

        Assert.Equal("2001:db8::7, 127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal("shop.example:81", headers["X-Forwarded-Host"]);
    }

    private static async Task<Dictionary<string, string>> ForwardAsync(string? resolvedClient, string headers)
    {
        var requests = new ConcurrentQueue<RecordedRequest>();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(requests));
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)),
            before: next => context =>
            {
                if (resolvedClient is not null)
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse(resolvedClient);
                }

                return next(context);
            });
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: shop.example:81\r\nConnection: close\r\n{headers.ReplaceLineEndings("\r\n")}\r\n\r\n");
        await connection.ReadUntilAsync("ok");
        return Assert.Single(requests).Headers;
    }
}
