using Microsoft.AspNetCore.Http;
using Opsen.Gateway.AccessLogs;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ProxyAccessLogTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource<AccessEntry> _entry = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Note_BackendAnswers_NamesItAndWhatWasWaitedFor()
    {
        await using var backend = await TestServer.StartAsync(static async context => await context.Response.WriteAsync("hello"));
        await using var proxy = await StartAsync(new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url)));

        await SendAsync(proxy, "GET /x HTTP/1.1\r\nHost: h\r\nX-Tier: lite\r\n\r\n");

        var entry = await _entry.Task.WaitAsync(Patience);
        Assert.Equal(("a", "backend", "done", 200, 1), (entry.Backend, entry.EndedBy, entry.Phase, entry.Status, entry.Attempts));
        Assert.Equal(backend.Url, entry.Endpoint);
        Assert.NotNull(entry.Decision);
        Assert.NotNull(entry.BackendWait);
        Assert.Equal("lite", entry.Tier);
    }

    [Fact]
    public async Task Note_NoBackendCanBeConnected_SaysConnect()
    {
        await using var proxy = await StartAsync(new ScriptedRoutes(ScriptedRoutes.Host("a", ProxyServer.DeadUrl())));

        await SendAsync(proxy, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");

        var entry = await _entry.Task.WaitAsync(Patience);
        Assert.Equal(("backend", "connect", 502), (entry.EndedBy, entry.Phase, entry.Status));
    }

    [Fact]
    public async Task Note_BackendIsSilent_SaysThatTheGatewayWaitedInVain()
    {
        await using var backend = new TcpBackend(static (_, cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, cancellation));
        await using var proxy = await StartAsync(
            new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url)), new ServerOptions { RequestTimeoutSeconds = 1 });

        await SendAsync(proxy, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");

        var entry = await _entry.Task.WaitAsync(Patience);
        Assert.Equal(("gateway", "wait", 504), (entry.EndedBy, entry.Phase, entry.Status));
    }

    [Fact]
    public async Task Note_ClientLeaves_SaysSo()
    {
        var begun = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });
        await using var proxy = await StartAsync(new ScriptedRoutes(ScriptedRoutes.Host("a", backend.Url)));
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        await begun.Task.WaitAsync(Patience);

        connection.Reset();

        var entry = await _entry.Task.WaitAsync(Patience);
        Assert.Equal(("client", "wait", 0), (entry.EndedBy, entry.Phase, entry.Status));
    }

    [Fact]
    public async Task Note_NoHostFits_SaysDecision()
    {
        await using var proxy = await StartAsync(new ScriptedRoutes());

        await SendAsync(proxy, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");

        var entry = await _entry.Task.WaitAsync(Patience);
        Assert.Equal(("gateway", "decision", 503, null), (entry.EndedBy, entry.Phase, entry.Status, entry.Backend));
    }

    private static async Task SendAsync(TestServer proxy, string request)
    {
        using var connection = await RawConnection.ConnectAsync(proxy.Port);
        await connection.SendAsync(request);
        await connection.ReadUntilAsync("\r\n\r\n");
    }

    private Task<TestServer> StartAsync(ScriptedRoutes routes, ServerOptions? options = null)
    {
        options ??= new ServerOptions();
        options.AccessLog = "-";
        return ProxyServer.StartAsync(routes, options, before: next => async context =>
        {
            var entry = new AccessEntry { Time = DateTimeOffset.UtcNow };
            context.Features.Set(entry);
            await next(context);
            entry.Finish(context, TimeSpan.Zero);
            _entry.TrySetResult(entry);
        });
    }
}
