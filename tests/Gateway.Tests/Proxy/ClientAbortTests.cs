using Microsoft.Extensions.Logging;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ClientAbortTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")]
    public async Task HandleAsync_ClientLeavesWhileTheBackendWorks_BackendLearnsOfItAndNothingIsLogged(string request)
    {
        var begun = new TaskCompletionSource();
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await TestServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            begun.TrySetResult();
            await aborted.Task;
        });
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url), ScriptedRoutes.Host("b", backend.Url));
        var handled = new TaskCompletionSource();
        await using var proxy = await ProxyServer.StartAsync(routes, before: next => async context =>
        {
            await next(context);
            handled.TrySetResult();
        });
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync(request);
        await begun.Task.WaitAsync(Patience);

        connection.Reset();

        await aborted.Task.WaitAsync(Patience);
        await handled.Task.WaitAsync(Patience);
        Assert.Single(routes.Queries);
        Assert.DoesNotContain(proxy.Log.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task HandleAsync_ClientLeavesDuringThePeek_NothingIsForwardedOrLogged()
    {
        var handled = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("a", ProxyServer.DeadUrl()));
        await using var proxy = await ProxyServer.StartAsync(routes, before: next => async context =>
        {
            begun.TrySetResult();
            await next(context);
            handled.TrySetResult();
        });
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"half\":");
        await begun.Task.WaitAsync(Patience);

        connection.Reset();

        await handled.Task.WaitAsync(Patience);
        Assert.Empty(routes.Queries);
        Assert.DoesNotContain(proxy.Log.Entries, entry => entry.Level >= LogLevel.Warning);
    }
}
