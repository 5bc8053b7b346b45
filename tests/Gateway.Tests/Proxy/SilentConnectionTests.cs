using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Proxy.Http2;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Connections that are kept and whose other end is gone without a word.</summary>
public sealed class SilentConnectionTests
{
    private readonly FakeTimeProvider _time = new();
    private int _received;

    [Fact]
    public async Task ForwardAsync_ConnectionOfHttp2LeadsNowhere_IsFoundOutInSecondsAndReplaced()
    {
        await using var backend = await TestServer.StartAsync(CountAsync, HttpProtocols.Http2);
        await using var relay = new Relay(backend.Port);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", relay.Url)), protocols: HttpProtocols.Http2, time: _time);
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(proxy)).StatusCode);
        relay.SwallowWhatIsOpen();

        var begun = _time.GetUtcNow();
        var lost = await UntilDoneAsync(CallAsync(proxy));
        var next = await CallAsync(proxy);

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.OK), (lost.StatusCode, next.StatusCode));
        Assert.InRange(_time.GetUtcNow() - begun, WatchedStream.Silence + WatchedStream.Patience, TimeSpan.FromSeconds(30));
        Assert.Equal((2, 2), (Volatile.Read(ref _received), relay.Accepted));
    }

    [Fact]
    public async Task ForwardAsync_UnansweredRequestsInARow_TakeTheEndpointOut()
    {
        await using var silent = new TcpBackend((client, cancellation) => client.GetStream().CopyToAsync(Stream.Null, cancellation));
        await using var backend = await TestServer.StartAsync(CountAsync);
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("silent", silent.Url), ScriptedRoutes.Host("well", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, settings: s => s with { RequestTimeout = TimeSpan.FromMilliseconds(100) });
        proxy.Services.GetRequiredService<GatewayFleet>().Pools[0].Publish([.. routes.Hosts]);

        for (var i = 0; i < EndpointBreaker.SilencesInARow; i++)
        {
            using var failed = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), null);
            Assert.Equal(HttpStatusCode.GatewayTimeout, failed.StatusCode);
        }

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["silent"], routes.Queries.Last().Excluded);
    }

    private Task CountAsync(HttpContext context)
    {
        Interlocked.Increment(ref _received);
        return context.Response.WriteAsync("ok");
    }

    private static async Task<HttpResponseMessage> CallAsync(TestServer proxy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        request.Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        return await proxy.Client.SendAsync(request);
    }

    private async Task<T> UntilDoneAsync<T>(Task<T> task)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!task.IsCompleted && await ticks.WaitForNextTickAsync())
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return await task;
    }
}
