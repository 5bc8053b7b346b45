using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary><c>max_concurrent_requests</c> and its queue.</summary>
public sealed class RequestQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _counting = new();
    private int _running;
    private int _most;

    [Fact]
    public async Task Requests_BeyondLimitAndQueue_Get503AtOnce()
    {
        await using var server = await StartAsync(limit: 2, queue: 1);
        var running = new[] { server.Client.GetAsync("/1"), server.Client.GetAsync("/2") };
        await Eventually.BecomesTrueAsync(() => Task.FromResult(_running == 2));

        // One of them waits, whichever came first; the other one does not.
        Task<HttpResponseMessage>[] others = [server.Client.GetAsync("/3"), server.Client.GetAsync("/4")];
        var first = await Task.WhenAny(others);
        using var refused = await first;
        await refused.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(2, _running);

        _mayEnd.SetResult();
        foreach (var response in await Task.WhenAll([.. running, .. others.Except([first])]))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task QueuedRequest_AfterASecond_Gets503()
    {
        await using var server = await StartAsync(limit: 1, queue: 5);
        var running = server.Client.GetAsync("/1");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(_running == 1));
        var queued = server.Client.GetAsync("/2");

        await Eventually.BecomesTrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(queued.IsCompleted);
        });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await queued).StatusCode);
        _mayEnd.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
    }

    [Fact]
    public async Task QueuedRequest_WhoseClientGoes_LeavesItsPlaceToTheNext()
    {
        await using var server = await StartAsync(limit: 1, queue: 1);
        var running = server.Client.GetAsync("/1");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(_running == 1));
        using (var impatient = new CancellationTokenSource())
        {
            var gone = server.Client.GetAsync("/2", impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        }

        var next = Task.Run(async () =>
        {
            var response = await server.Client.GetAsync("/3");
            for (; response.StatusCode == HttpStatusCode.ServiceUnavailable; response = await server.Client.GetAsync("/3"))
            {
            }

            return response.StatusCode;
        });
        _mayEnd.SetResult();

        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await next);
    }

    [Fact]
    public async Task Requests_ManyAtOnce_NeverPassTheLimit()
    {
        _mayEnd.SetResult();
        await using var server = await StartAsync(limit: 5, queue: 1000);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i => (await server.Client.GetAsync($"/{i}")).StatusCode));

        Assert.All(statuses, static status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.InRange(_most, 1, 5);
    }

    private Task<TestServer> StartAsync(int limit, int queue) => TestServer.StartAsync(
        services =>
        {
            var requests = services.GetRequiredService<RequestQueue>();
            return context => requests.RunAsync(context, HandleAsync);
        },
        services => services.AddMetrics()
            .AddSingleton(new ServerOptions { MaxConcurrentRequests = limit, MaxQueuedRequests = queue })
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton<EdgeMetrics>()
            .AddSingleton<RequestQueue>());

    private async Task HandleAsync(HttpContext context)
    {
        lock (_counting)
        {
            _most = Math.Max(_most, ++_running);
        }

        await _mayEnd.Task;
        await Task.Yield();
        lock (_counting)
        {
            _running--;
        }
    }
}
