using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Opsen.Gateway.Proxy;
using Opsen.Hosting.Admin;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class HostTrafficTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostTraffic? _traffic;

    [Fact]
    public async Task Write_HostsThatAnswerAndThatAreDead_CountEach()
    {
        await using var backend = await TestServer.StartAsync(static async context => await context.Response.WriteAsync("hello"));
        await using var proxy = await StartAsync(new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("alive", backend.Url)));

        using var response = await proxy.Client.GetAsync("/x", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await _handled.Task.WaitAsync(Patience);
        var series = Series();
        Assert.Contains("opsen_host_requests_total{client_id=\"dead\"} 1", series, StringComparison.Ordinal);
        Assert.Contains("opsen_host_failures_total{client_id=\"dead\"} 1", series, StringComparison.Ordinal);
        Assert.Contains("opsen_host_requests_total{client_id=\"alive\"} 1", series, StringComparison.Ordinal);
        Assert.Contains("opsen_host_failures_total{client_id=\"alive\"} 0", series, StringComparison.Ordinal);
        Assert.Contains("opsen_host_active_requests{client_id=\"alive\"} 0", series, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_CallerLeaves_IsNoFailureOfTheHost()
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
        Assert.Equal(1, _traffic!.Active("a"));

        connection.Reset();

        await _handled.Task.WaitAsync(Patience);
        Assert.Equal(0, _traffic.Active("a"));
        Assert.Contains("opsen_host_failures_total{client_id=\"a\"} 0", Series(), StringComparison.Ordinal);
    }

    private string Series()
    {
        var buffer = new ArrayBufferWriter<byte>();
        _traffic!.Write(new HostSeriesWriter(buffer));
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private Task<TestServer> StartAsync(ScriptedRoutes routes) => ProxyServer.StartAsync(routes, before: next => async context =>
    {
        _traffic = context.RequestServices.GetRequiredService<HostTraffic>();
        await next(context);
        _handled.TrySetResult();
    });
}
