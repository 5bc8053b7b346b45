using System.Net;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Security;

/// <summary><c>allowed_hosts</c>, and what a target says instead of Host.</summary>
public sealed class HostTests
{
    private static readonly Action<ServerOptions> Allow =
        static options => options.AllowedHosts = ["app.example.com", "*.pool.example.com", "192.0.2.1", "2001:db8::1"];

    [Theory]
    [InlineData("app.example.com", true)]
    [InlineData("APP.example.COM:8080", true)]
    [InlineData("app.example.com.", true)]
    [InlineData("a.pool.example.com", true)]
    [InlineData("a.b.pool.example.com", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("[2001:db8::1]:8080", true)]
    [InlineData("pool.example.com", false)]
    [InlineData("xapp.example.com", false)]
    [InlineData("app.example.com.evil.test", false)]
    [InlineData("192.0.2.2", false)]
    public async Task Request_ForAHost_IsServedOrAnswered421(string name, bool isServed)
    {
        await using var host = await EdgeHost.StartAsync(Allow);

        foreach (var path in (string[])["/app/x", "/clients"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = name } };
            using var response = await host.Client.SendAsync(request);
            Assert.Equal(isServed ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task Request_ForAnotherHost_IsToldSo()
    {
        await using var host = await EdgeHost.StartAsync(Allow);

        using var response = await host.Client.GetAsync("/app/x");

        Assert.Contains("127.0.0.1", await response.AssertProblemAsync(HttpStatusCode.MisdirectedRequest, "misdirected-request"), StringComparison.Ordinal);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Health_IsAskedForByAddress()
    {
        await using var host = await EdgeHost.StartAsync(Allow);

        using var response = await host.Client.GetAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>RFC 9112, section 3.2.2: the target's host counts, whatever Host says.</summary>
    [Theory]
    [InlineData("http://app.example.com/app/x", "app.example.com", "200")]
    [InlineData("http://evil.test/app/x", "app.example.com", "400")]
    [InlineData("http://evil.test/app/x", "evil.test", "421")]
    public async Task AbsoluteTarget_AndHost_MustBeTheSame(string target, string name, string status)
    {
        await using var host = await EdgeHost.StartAsync(Allow);

        var answer = await Http.SendRawAsync(host.Address, $"GET {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CONNECT backend.test:22 HTTP/1.1\r\nHost: backend.test:22\r\n\r\n", "405")]
    [InlineData("CONNECT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405")]
    public async Task Connect_ToAnywhere_IsRefused(string request, string status)
    {
        await using var host = await EdgeHost.StartAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", await Http.SendRawAsync(host.Address, request), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/clients", HttpStatusCode.OK)]
    [InlineData("/health", HttpStatusCode.OK)]
    [InlineData("/clients/unknown", HttpStatusCode.NotFound)]
    [InlineData("/nothing", HttpStatusCode.NotFound)]
    public async Task Api_Response_IsForNobodyToKeep(string path, HttpStatusCode status)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.GetAsync(path);

        Assert.Equal((status, "no-store"), (response.StatusCode, response.Headers.CacheControl?.ToString()));
    }

    [Theory]
    [InlineData(10, 20, HttpStatusCode.OK)]
    [InlineData(21, 20, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    [InlineData(5, 3000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task Headers_BeyondCountOrSize_Answer431(int count, int length, HttpStatusCode status)
    {
        await using var host = await EdgeHost.StartAsync(static options => (options.MaxRequestHeaders, options.MaxRequestHeaderBytes) = (20, 8192));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x");
        for (var i = 0; i < count; i++)
        {
            request.Headers.Add($"X-{i}", new string('x', length));
        }

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
    }
}
