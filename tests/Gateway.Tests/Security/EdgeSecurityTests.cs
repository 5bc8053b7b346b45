using System.Net;
using Microsoft.Extensions.Primitives;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Security;

public sealed class EdgeSecurityTests
{
    private static readonly Action<ServerOptions> TrustLoopback = options => options.TrustedProxies = ["127.0.0.0/8"];

    [Theory]
    [InlineData("203.0.113.9", null, "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9", "192.0.2.4", "203.0.113.9")]
    [InlineData(null, "192.0.2.4", "192.0.2.4")]
    [InlineData(null, "nonsense", "127.0.0.1")]
    [InlineData(null, null, "127.0.0.1")]
    public async Task ForwardedHeaders_FromATrustedProxy_TellTheClient(string? forwardedFor, string? realIp, string expected)
    {
        await using var host = await EdgeHost.StartAsync(TrustLoopback);

        Assert.Equal($"http {expected}", await host.GetForwardedAsync(forwardedFor, realIp));
    }

    [Fact]
    public async Task ForwardedHeaders_FromAnyoneElse_MeanNothing()
    {
        await using var host = await EdgeHost.StartAsync(options => options.TrustedProxies = ["10.0.0.0/8"]);

        Assert.Equal("http 127.0.0.1", await host.GetForwardedAsync("203.0.113.9", "192.0.2.4", "https"));
    }

    [Fact]
    public async Task ForwardedHeaders_SchemeOfATrustedProxy_Counts()
    {
        await using var host = await EdgeHost.StartAsync(TrustLoopback);

        Assert.Equal("https 203.0.113.9", await host.GetForwardedAsync("203.0.113.9", null, "https"));
    }

    [Fact]
    public async Task SecurityHeaders_PlainHttp_HaveNoTransportSecurity()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.GetAsync("/health");

        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("1; mode=block", Header(response, "X-XSS-Protection"));
        Assert.Null(Header(response, "Strict-Transport-Security"));
        Assert.Null(Header(response, "Server"));
    }

    [Fact]
    public async Task SecurityHeaders_BackendsOwn_Stay()
    {
        await using var host = await EdgeHost.StartAsync(proxied: context =>
        {
            context.Response.Headers.XFrameOptions = "SAMEORIGIN";
            return Task.CompletedTask;
        });

        using var response = await host.Client.GetAsync("/app/x");

        Assert.Equal("SAMEORIGIN", Header(response, "X-Frame-Options"));
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
    }

    [Fact]
    public async Task SecurityHeaders_Disabled_AreAbsent()
    {
        await using var host = await EdgeHost.StartAsync(options => options.DisableSecurityHeaders = true);

        using var response = await host.Client.GetAsync("/health");

        Assert.Null(Header(response, "X-Frame-Options"));
    }

    [Fact]
    public async Task Cors_Preflight_IsAnsweredForAllowedOriginsOnly()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.EnableCors = true;
            options.CorsAllowedOrigins = ["https://app.example.com"];
            options.ServerKey = "secret";
        });

        using var allowed = await PreflightAsync(host, "https://app.example.com");
        using var other = await PreflightAsync(host, "https://evil.example.com");

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("https://app.example.com", Header(allowed, "Access-Control-Allow-Origin"));
        Assert.Contains("POST", Header(allowed, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("x-session-id", Header(allowed, "Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
        Assert.Null(Header(other, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData(true, "*")]
    [InlineData(false, null)]
    public async Task Cors_AnyOrigin_OnlyWhenEnabled(bool enabled, string? expected)
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.EnableCors = enabled;
            options.CorsAllowedOrigins = ["*"];
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health") { Headers = { { "Origin", "https://a.example" } } };

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, Header(response, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Cors_BackendHasHeadersOfItsOwn_TheyStandAlone()
    {
        await using var host = await EdgeHost.StartAsync(
            options =>
            {
                options.EnableCors = true;
                options.CorsAllowedOrigins = ["https://a.example"];
            },
            context =>
            {
                context.Response.Headers.AccessControlAllowOrigin = "https://b.example";
                context.Response.Headers.AccessControlAllowCredentials = "true";
                return Task.CompletedTask;
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x") { Headers = { { "Origin", "https://a.example" } } };

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(("https://b.example", "true"), (Header(response, "Access-Control-Allow-Origin"), Header(response, "Access-Control-Allow-Credentials")));
        Assert.Null(Header(response, "Access-Control-Expose-Headers"));
        Assert.Equal("Origin", Header(response, "Vary"));
    }

    /// <summary>A cache must not give one origin's response to another, whichever came first.</summary>
    [Theory]
    [InlineData("https://a.example", "", "Origin")]
    [InlineData("https://evil.example", "", "Origin")]
    [InlineData(null, "", "Origin")]
    [InlineData("https://a.example", "Accept-Encoding", "Accept-Encoding, Origin")]
    [InlineData("https://a.example", "Accept-Encoding, Origin", "Accept-Encoding, Origin")]
    public async Task Cors_ResponseForAnyOrigin_VariesByIt(string? origin, string backends, string expected)
    {
        await using var host = await EdgeHost.StartAsync(
            options => (options.EnableCors, options.CorsAllowedOrigins) = (true, ["https://a.example"]),
            context =>
            {
                context.Response.Headers.Vary = backends.Length > 0 ? backends : default(StringValues);
                return Task.CompletedTask;
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(expected, Header(response, "Vary"));
    }

    [Theory]
    [InlineData("GET /clients/../health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /app/%2e%2e/clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET //clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /clients//purge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /clients HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /clients HTTP/1.0\r\n\r\n")]
    public async Task RequestTarget_TraversalOrNoHost_Answers400(string request)
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await Http.SendRawAsync(host.Address, request);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("urn:opsen:problem:bad-request", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://x/clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /clients?next=../..//x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /app//x/..%2fy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    public async Task RequestTarget_PlainOrProxied_Passes(string request)
    {
        await using var host = await EdgeHost.StartAsync();

        Assert.StartsWith("HTTP/1.1 200 ", await Http.SendRawAsync(host.Address, request), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PreflightAsync(EdgeHost host, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/route")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "x-session-id" } },
        };
        return await host.Client.SendAsync(request);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
