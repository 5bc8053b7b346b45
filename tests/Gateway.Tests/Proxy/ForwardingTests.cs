using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ForwardingTests
{
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();

    [Theory]
    [InlineData("/a%2Fb/%41?x=%20&y=a+b")]
    [InlineData("//double//slash/")]
    [InlineData("/gr%C3%B6%C3%9Fe?q=%E2%82%AC")]
    [InlineData("/dots/../up/./x?a=/../b")]
    [InlineData("/a?b?c&&d=;=")]
    [InlineData("/%25/%3F/%23;p=1,2'()*!$&+=:@~")]
    [InlineData("/pipe|brace{x}\"q\"^`<>\\")]
    [InlineData("/?")]
    public async Task HandleAsync_OddPath_ArrivesByteForByte(string target)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Contains(" 200 OK", await connection.ReadUntilAsync("ok"), StringComparison.Ordinal);
        Assert.Equal(target, Assert.Single(_requests).RawTarget);
    }

    [Theory]
    [InlineData("GET http://other/p%2Fq?x=1 HTTP/1.1", "other", "/p%2Fq?x=1")]
    [InlineData("GET http://other HTTP/1.1", "other", "/")]
    [InlineData("GET http://other?x=1 HTTP/1.1", "other", "/?x=1")]
    [InlineData("OPTIONS * HTTP/1.1", "x", "/")]
    public async Task HandleAsync_OtherFormsOfTarget_BecomeOriginForm(string requestLine, string host, string expected)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync($"{requestLine}\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.Contains(" 200 OK", await connection.ReadUntilAsync("ok"), StringComparison.Ordinal);
        Assert.Equal(expected, Assert.Single(_requests).RawTarget);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task HandleAsync_AnyMethod_PassesUnchanged(string method)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        using var answer = await proxy.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/x"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(method, Assert.Single(_requests).Method);
    }

    [Fact]
    public async Task HandleAsync_Connect_IsRefusedAndNotForwarded()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync("CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task HandleAsync_RequestHeaders_PassUnchanged()
    {
        await using var backend = await TestServer.StartAsync(
            _ => RecordedRequest.Into(_requests), limits: kestrel => kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);

        await connection.SendAsync(
            "GET / HTTP/1.1\r\nHost: shop.example:81\r\nConnection: close\r\n"
            + "X-Text: gr\u00C3\u00B6\u00C3\u009Fe\r\nX-Latin: \u00FC\r\nX-Empty:\r\nCookie: a=b; c=d\r\n"
            + "X-Two: 1\r\nX-Two: 2\r\nAccept-Encoding: br;q=1.0, zstd\r\nUser-Agent: odd (agent\r\nUpgrade-Insecure-Requests: 1\r\n\r\n");
        await connection.ReadUntilAsync("ok");

        var headers = Assert.Single(_requests).Headers;
        Assert.Equal("größe", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(headers["X-Text"])));
        Assert.Equal("\u00FC", headers["X-Latin"]);
        Assert.Equal("a=b; c=d", headers["Cookie"]);
        Assert.Equal("", headers["X-Empty"]);
        Assert.Equal("1,2", headers["X-Two"].Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("br;q=1.0, zstd", headers["Accept-Encoding"]);
        Assert.Equal("odd (agent", headers["User-Agent"]);
        Assert.Equal("1", headers["Upgrade-Insecure-Requests"]);
        Assert.False(headers.ContainsKey("Transfer-Encoding"));
    }

    [Fact]
    public async Task HandleAsync_AnswerHeadersAndStatus_PassUnchanged()
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 418;
            context.Response.Headers["Set-Cookie"] = new[] { "a=1; Path=/", "b=2" };
            context.Response.Headers["X-Odd"] = "a,b;c=\"d\"";
            context.Response.Headers["Location"] = "../x?y=%2F";
            context.Response.Headers["Content-Encoding"] = "gzip";
            return context.Response.Body.WriteAsync(new byte[] { 1, 2, 3 }).AsTask();
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(418, (int)answer.StatusCode);
        Assert.Equal(["a=1; Path=/", "b=2"], answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal("a,b;c=\"d\"", Assert.Single(answer.Headers.GetValues("X-Odd")));
        Assert.Equal("../x?y=%2F", Assert.Single(answer.Headers.GetValues("Location")));
        Assert.Equal([1, 2, 3], await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    [InlineData(1, true)]
    public async Task HandleAsync_Body_ArrivesWhole(int size, bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(async context =>
        {
            var request = await RecordedRequest.ReadAsync(context);
            _requests.Enqueue(request);
            await context.Response.Body.WriteAsync(request.Body);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        var body = new byte[size];
        new Random(7).NextBytes(body);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/x") { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = isChunked;
        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(body, await answer.Content.ReadAsByteArrayAsync());
        var seen = Assert.Single(_requests);
        Assert.Equal(isChunked ? null : size.ToString(System.Globalization.CultureInfo.InvariantCulture), seen.Headers.GetValueOrDefault("Content-Length"));
    }

    [Fact]
    public async Task HandleAsync_EndpointsWithPathsAndBasePath_GoToTheMatchingUrl()
    {
        var other = new ConcurrentQueue<RecordedRequest>();
        await using var main = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var special = await TestServer.StartAsync(RecordedRequest.Into(other));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host(
            "a", new BackendEndpoint(main.Url, ["/"]), new BackendEndpoint(special.Url + "/base/", ["/special", "*.png"]))));

        await proxy.Client.GetStringAsync(new Uri("/plain", UriKind.Relative));
        await proxy.Client.GetStringAsync(new Uri("/special/x?y", UriKind.Relative));

        Assert.Equal("/plain", Assert.Single(_requests).RawTarget);
        Assert.Equal("/base/special/x?y", Assert.Single(other).RawTarget);
    }

    [Fact]
    public async Task HandleAsync_ManyRequests_ShareConnections()
    {
        var connections = new ConcurrentDictionary<string, bool>();
        await using var backend = await TestServer.StartAsync(context =>
        {
            connections[context.Connection.Id] = true;
            return context.Response.WriteAsync("ok");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        for (var i = 0; i < 20; i++)
        {
            await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));
        }

        Assert.Single(connections);
    }

    [Fact]
    public async Task HandleAsync_OrdinaryRequest_LogsNothingAboveDebug()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));

        Assert.DoesNotContain(proxy.Log.Entries, entry => entry.Level > Microsoft.Extensions.Logging.LogLevel.Debug
            && (entry.Category.StartsWith("Opsen", StringComparison.Ordinal) || entry.Category.StartsWith("Yarp", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task HandleAsync_BrokenJson_PassesAsItIs()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);

        await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new StringContent("{\"tier\" \"no\"", Encoding.UTF8, "application/json"));

        Assert.Equal("{\"tier\" \"no\"", Encoding.UTF8.GetString(Assert.Single(_requests).Body));
        Assert.Equal("lite", Assert.Single(routes.Queries).Tier);
    }
}
