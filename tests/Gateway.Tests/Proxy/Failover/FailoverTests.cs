using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy.Failover;

public sealed class FailoverTests
{
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task ForwardAsync_HostRefusedBefore_IsLeftOutFromTheStart()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("alive", backend.Url));
        await using var proxy = await StartAsync(routes);

        await proxy.Client.GetStringAsync(new Uri("/1", UriKind.Relative));
        await proxy.Client.GetStringAsync(new Uri("/2", UriKind.Relative));

        Assert.Equal([[], ["dead"], ["dead"]], routes.Queries.Select(query => query.Excluded.ToArray()));
        Assert.Single(proxy.Services.GetRequiredService<FakeGrains>().Unreachable);
    }

    [Fact]
    public async Task ForwardAsync_WaitedForRoomLongerThanARequestMayTake_IsStillTriedAtAnotherHost()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("alive", backend.Url))
        {
            Deciding = query => _time.Advance(query.Excluded.IsEmpty ? TimeSpan.FromHours(1) : TimeSpan.Zero),
        };
        await using var proxy = await StartAsync(routes);

        using var answer = await proxy.Client.GetAsync(new Uri("/1", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, routes.Queries.Count);
    }

    [Fact]
    public async Task ForwardAsync_EjectionIsOver_OneRequestTriesTheHostAndTakesItBackIn()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var deadUrl = ProxyServer.DeadUrl();
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("first", deadUrl), ScriptedRoutes.Host("second", backend.Url));
        await using var proxy = await StartAsync(routes);
        await proxy.Client.GetStringAsync(new Uri("/1", UriKind.Relative));
        _time.Advance(Ejection.FirstDuration);
        await proxy.Client.GetStringAsync(new Uri("/2", UriKind.Relative));
        Assert.Equal([[], ["first"], [], ["first"]], routes.Queries.Select(query => query.Excluded.ToArray()));

        await using var revived = await RevivedBackend.StartAsync(deadUrl);
        _time.Advance(2 * Ejection.FirstDuration);
        Assert.Equal("revived", await proxy.Client.GetStringAsync(new Uri("/3", UriKind.Relative)));

        Assert.Null(proxy.Services.GetRequiredService<EndpointBreaker>().Blocked);
    }

    [Fact]
    public async Task ForwardAsync_TrialIsRoutedElsewhere_NextRequestMayTry()
    {
        await using var backend = await TestServer.StartAsync(RecordedRequest.Into(_requests));
        var dead = ScriptedRoutes.Host("dead", ProxyServer.DeadUrl());
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("alive", backend.Url), dead);
        await using var proxy = await StartAsync(routes);
        var breaker = proxy.Services.GetRequiredService<EndpointBreaker>();
        breaker.Failed(dead, dead.Registration.Endpoint, "refused", trial: null);
        _time.Advance(Ejection.FirstDuration);

        await proxy.Client.GetStringAsync(new Uri("/1", UriKind.Relative));
        await proxy.Client.GetStringAsync(new Uri("/2", UriKind.Relative));

        Assert.All(routes.Queries, query => Assert.Empty(query.Excluded));
        Assert.True(Assert.Single(breaker.Blocked!["dead"].Ejections).TryBeginTrial(breaker.TrialPatience, out _));
    }

    [Fact]
    public async Task ForwardAsync_OnlyOneEndpointOfASessionsHostIsDead_RequestGoesElsewhereAndTheSessionStays()
    {
        await using var web = await TestServer.StartAsync(context => context.Response.WriteAsync("web"));
        await using var other = await TestServer.StartAsync(context => context.Response.WriteAsync("other"));
        var partial = ScriptedRoutes.Host("partial", new BackendEndpoint(web.Url, ["/web"]), new BackendEndpoint(ProxyServer.DeadUrl(), ["/api"]));
        var routes = new ScriptedRoutes(partial, ScriptedRoutes.Host("other", other.Url));
        await using var proxy = await StartAsync(routes, new ServerOptions { StickyByIp = true });

        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/api/1", UriKind.Relative)));
        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/api/2", UriKind.Relative)));
        Assert.Equal("web", await proxy.Client.GetStringAsync(new Uri("/web", UriKind.Relative)));

        Assert.All(routes.Queries.Where(query => query.StickyId is not null), query => Assert.Empty(query.Excluded));
        var detours = routes.Queries.Where(query => query.StickyId is null).ToList();
        Assert.Equal(2, detours.Count);
        Assert.All(detours, query => Assert.Equal(["partial"], query.Excluded));
        Assert.All(detours, query => Assert.Null(query.Replaces));

        // The second and the fourth decision were the session's own, asked for before the detour.
        await Eventually.BecomesTrueAsync(() => routes.Released.Count == 2);
        Assert.Equal([routes.Reservations.ElementAt(2), routes.Reservations.ElementAt(4)], routes.Released);
    }

    [Fact]
    public async Task ForwardAsync_EveryEndpointOfASessionsHostIsDead_SessionMoves()
    {
        await using var other = await TestServer.StartAsync(context => context.Response.WriteAsync("other"));
        var dead = ScriptedRoutes.Host("dead", new BackendEndpoint(ProxyServer.DeadUrl(), ["/web"]), new BackendEndpoint(ProxyServer.DeadUrl(), ["/api"]));
        var routes = new ScriptedRoutes(dead, ScriptedRoutes.Host("other", other.Url));
        await using var proxy = await StartAsync(routes, new ServerOptions { StickyByIp = true });

        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/api", UriKind.Relative)));
        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/web", UriKind.Relative)));
        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/web", UriKind.Relative)));

        Assert.Equal((true, "dead"), (routes.Queries.Last().StickyId is not null, Assert.Single(routes.Queries.Last().Excluded)));
    }

    [Fact]
    public async Task ForwardAsync_EndpointReportedDown_IsNotTried()
    {
        await using var other = await TestServer.StartAsync(context => context.Response.WriteAsync("other"));
        await using var silent = new TcpBackend((client, cancellation) => client.GetStream().CopyToAsync(Stream.Null, cancellation));
        var partial = ScriptedRoutes.Host("partial", new BackendEndpoint(other.Url, ["/web"]), new BackendEndpoint(silent.Url, ["/api"])) with
        {
            DownEndpoints = [silent.Url],
        };
        await using var proxy = await StartAsync(new ScriptedRoutes(partial, ScriptedRoutes.Host("other", other.Url)));

        Assert.Equal("other", await proxy.Client.GetStringAsync(new Uri("/api", UriKind.Relative)));

        Assert.Equal(0, silent.Accepted);
    }

    [Fact]
    public async Task ForwardAsync_DetourFindsNoHost_AnswersWhyAndLeaksNothing()
    {
        var url = ProxyServer.DeadUrl();
        var partial = ScriptedRoutes.Host("partial", new BackendEndpoint(ProxyServer.DeadUrl(), ["/web"]), new BackendEndpoint(url, ["/api"]));
        var routes = new ScriptedRoutes(partial);
        await using var proxy = await StartAsync(routes, new ServerOptions { StickyByIp = true });

        using var answer = await proxy.Client.GetAsync(new Uri("/api", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("refused", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(routes.Released);
    }

    [Fact]
    public async Task ForwardAsync_RetriesOverTheBudget_AreAnsweredWithAProblemThatSaysSo()
    {
        var proceed = new TaskCompletionSource();
        await using var slow = await TestServer.StartAsync(async context =>
        {
            await proceed.Task;
            await context.Response.WriteAsync("done");
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("slow", slow.Url)) { EndsWithRequest = true };
        await using var proxy = await ProxyServer.StartAsync(routes, time: _time);
        var budget = proxy.Services.GetRequiredService<RetryBudget>();
        var running = Enumerable.Range(0, RetryBudget.MinRetries).Select(i => proxy.Client.GetStringAsync(new Uri($"/{i}", UriKind.Relative))).ToList();
        await Eventually.BecomesTrueAsync(() => budget.Retries == RetryBudget.MinRetries);

        var over = proxy.Client.GetAsync(new Uri("/over", UriKind.Relative));
        await Eventually.BecomesTrueAsync(() =>
        {
            _time.Advance(RetryBudget.Patience);
            return over.IsCompleted;
        });

        using var answer = await over;
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("retry-budget", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotNull(answer.Headers.RetryAfter);
        proceed.SetResult();
        Assert.All(await Task.WhenAll(running), body => Assert.Equal("done", body));
        await Eventually.BecomesTrueAsync(() => budget is { Retries: 0, Running: 0 });

        // Every reservation was either released or given up for the next one.
        await Eventually.BecomesTrueAsync(() => routes.Leaked.Count == 0);
    }

    [Fact]
    public async Task ForwardAsync_RetryIsAnswered_ItsPlaceIsFreeBeforeTheBodyEnds()
    {
        var proceed = new TaskCompletionSource();
        await using var streaming = await TestServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await proceed.Task;
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("streaming", streaming.Url)));

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(0, proxy.Services.GetRequiredService<RetryBudget>().Retries);
        proceed.SetResult();
        Assert.Equal("first", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A proxy whose fleet view holds the routes' hosts.</summary>
    private async Task<TestServer> StartAsync(ScriptedRoutes routes, ServerOptions? options = null)
    {
        var proxy = await ProxyServer.StartAsync(routes, options, time: _time);
        proxy.Services.GetRequiredService<GatewayFleet>().Pools[0].Publish([.. routes.Hosts]);
        return proxy;
    }
}
