using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class RetryTests
{
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();

    [Theory]
    [InlineData("GET", null, false)]
    [InlineData("POST", "application/json", false)]
    [InlineData("POST", "application/json", true)]
    [InlineData("POST", "application/octet-stream", false)]
    [InlineData("POST", "application/octet-stream", true)]
    public async Task ForwardAsync_FirstHostsDead_NextOneGetsTheWholeRequest(string method, string? contentType, bool isChunked)
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(
            ScriptedRoutes.Host("dead-1", ProxyServer.DeadUrl()),
            ScriptedRoutes.Host("dead-2", ProxyServer.DeadUrl()),
            ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/x?y=1");
        var body = contentType is null ? "" : "{\"tier\":\"pro\",\"rest\":\"" + new string('r', 200_000) + "\"}";
        if (contentType is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
            request.Headers.TransferEncodingChunked = isChunked;
        }

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var seen = Assert.Single(_requests);
        Assert.Equal(("/x?y=1", body, "alive"), (seen.RawTarget, Encoding.UTF8.GetString(seen.Body), seen.Headers["X-LB-Client-ID"]));
        Assert.Equal([[], ["dead-1"], ["dead-1", "dead-2"]], routes.Queries.Select(query => query.Excluded.ToArray()));
    }

    [Fact]
    public async Task ForwardAsync_RetryWithoutSession_ReplacesTheReservation()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);

        await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal([null, routes.Reservations.First()], routes.Queries.Select(query => query.Replaces?.Id));
        Assert.Empty(routes.Released);
    }

    [Fact]
    public async Task ForwardAsync_RetryWithSession_MovesTheSession()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { StickyByIp = true });

        await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));

        Assert.All(routes.Queries, query => Assert.Equal(("127.0.0.1", null), (query.StickyId, query.Replaces)));
        Assert.Equal(["dead"], routes.Queries.Last().Excluded);
    }

    [Fact]
    public async Task ForwardAsync_AllHostsDead_AnswersBadGatewayWithTheCause()
    {
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead-1", ProxyServer.DeadUrl()), ScriptedRoutes.Host("dead-2", ProxyServer.DeadUrl()));
        await using var proxy = await ProxyServer.StartAsync(routes);

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new StringContent("body"));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadAsStringAsync();
        Assert.Contains("2 host(s)", problem, StringComparison.Ordinal);
        Assert.Contains("dead-2", problem, StringComparison.Ordinal);
        Assert.Contains("refused", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", problem, StringComparison.Ordinal);
        Assert.Equal(routes.Reservations.Last(), Assert.Single(routes.Released));
        Assert.Single(proxy.Log.Entries, entry => entry.Level == LogLevel.Warning && entry.Category.StartsWith("Opsen", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(RouteOutcome.NoCapacity)]
    [InlineData(RouteOutcome.Unavailable)]
    public async Task ForwardAsync_NoHostFits_AnswersUnavailableWithRetryAfter(RouteOutcome outcome)
    {
        await using var proxy = await ProxyServer.StartAsync(new() { WithoutHost = outcome });

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Contains("scripted detail", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForwardAsync_ConnectingHangs_NextHostIsTried()
    {
        // Accepts, but never shakes hands.
        await using var hanging = new TcpBackend((client, cancellation) => client.GetStream().CopyToAsync(Stream.Null, cancellation));
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("hanging", $"https://127.0.0.1:{hanging.Port}"), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, settings: s => s with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new StringContent("body"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("body", Encoding.UTF8.GetString(Assert.Single(_requests).Body));
    }

    [Fact]
    public async Task ForwardAsync_NoTlsBehindHttps_NextHostIsTried()
    {
        await using var plain = await TestServer.StartAsync(RecordedRequest.Into(new ConcurrentQueue<RecordedRequest>()));
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("plain", $"https://127.0.0.1:{plain.Port}"), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(_requests);
    }

    [Fact]
    public async Task ForwardAsync_ConnectingTakesAllTheTime_AnswersGatewayTimeout()
    {
        await using var hanging = new TcpBackend((client, cancellation) => client.GetStream().CopyToAsync(Stream.Null, cancellation));
        var url = $"https://127.0.0.1:{hanging.Port}";
        var routes = new ScriptedRoutes([.. Enumerable.Range(0, 100).Select(i => ScriptedRoutes.Host($"hanging-{i}", url))]);
        await using var proxy = await ProxyServer.StartAsync(
            routes, settings: s => s with { ConnectTimeout = TimeSpan.FromMilliseconds(100), RequestTimeout = TimeSpan.FromMilliseconds(250) });

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("connecting timed out", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.InRange(routes.Queries.Count, 2, 10);
        Assert.Single(routes.Released);
    }

    [Theory]
    [InlineData("GET", null, HttpStatusCode.OK)]
    [InlineData("DELETE", null, HttpStatusCode.OK)]
    [InlineData("POST", null, HttpStatusCode.BadGateway)]
    [InlineData("PUT", "body", HttpStatusCode.BadGateway)]
    [InlineData("POST", "body", HttpStatusCode.BadGateway)]
    public async Task ForwardAsync_ConnectionLostBeforeAnAnswer_OnlySafeRequestsGoToAnotherHost(string method, string? body, HttpStatusCode expected)
    {
        await using var resetting = TcpBackend.AnsweringThenResetting("");
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("resetting", resetting.Url), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/x") { Content = body is null ? null : new StringContent(body) };

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK ? 1 : 0, _requests.Count);
        if (expected != HttpStatusCode.OK)
        {
            Assert.Equal(1, resetting.Accepted);
        }
    }

    [Fact]
    public async Task ForwardAsync_ConnectionLostInASession_IsRepeatedOnceWhereItsStateIs()
    {
        await using var resetting = TcpBackend.AnsweringThenResetting("");
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("resetting", resetting.Url), ScriptedRoutes.Host("other", ProxyServer.DeadUrl()));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { StickyByIp = true });

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("'resetting' failed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(2, routes.Queries.Count);
        Assert.All(routes.Queries, query => Assert.Empty(query.Excluded));
    }

    [Fact]
    public async Task ForwardAsync_HostOfASessionDiesWithTheRequest_SessionGoesToAnotherHost()
    {
        await using var dying = TcpBackend.DyingWithItsFirstRequest();
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dying", dying.Url), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { StickyByIp = true });

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(_requests);
        Assert.Equal(["dying"], routes.Queries.Last().Excluded);
    }

    [Fact]
    public async Task ForwardAsync_BackendAnswersAnError_PassesItOnUntouched()
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync("busy");
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url), ScriptedRoutes.Host("b", ProxyServer.DeadUrl()));
        await using var proxy = await ProxyServer.StartAsync(routes);

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "busy"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Single(routes.Queries);
    }

    [Fact]
    public async Task ForwardAsync_AnswerBreaksOff_ClientSeesThatItIsIncomplete()
    {
        await using var breaking = TcpBackend.AnsweringThenResetting("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", breaking.Url)));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative)));
    }

    [Fact]
    public async Task ForwardAsync_AnswerIsNotHttp_AnswersBadGateway()
    {
        await using var broken = TcpBackend.AnsweringThenResetting("SSH-2.0-OpenSSH\r\n\r\n");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", broken.Url)));

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new StringContent("body"));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
    }
}
