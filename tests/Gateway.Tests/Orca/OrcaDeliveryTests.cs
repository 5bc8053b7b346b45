using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Orca;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Gateway.Tests.Proxy;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Tests.Orca;

public sealed class OrcaDeliveryTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("endpoint-load-metrics", "TEXT cpu_utilization=0.5")]
    [InlineData("Endpoint-Load-Metrics", "JSON {\"cpu_utilization\":0.5}")]
    [InlineData("endpoint-load-metrics-bin", "CQAAAAAAAOA/")]
    public async Task Answer_WithALoadReport_GoesToTheGrainAndNotToTheUser(string header, string value)
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.Headers[header] = value;
            context.Response.Headers["X-Other"] = "stays";
            return context.Response.WriteAsync("ok");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), time: _time);
        var grains = proxy.Services.GetRequiredService<FakeGrains>();

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.False(answer.Headers.Contains(header));
        Assert.True(answer.Headers.Contains("X-Other"));
        Assert.Equal(new UtilizationReport { Cpu = 0.5 }, await NextAsync(grains));
        Assert.Equal(["a"], grains.Keys);
    }

    [Fact]
    public async Task Answers_ManyInASecond_OnlyTheLatestIsDelivered()
    {
        var load = 0;
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.Headers[OrcaHeader.Name] = $"TEXT cpu_utilization=0.{++load}";
            return Task.CompletedTask;
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), time: _time);
        var grains = proxy.Services.GetRequiredService<FakeGrains>();

        for (var i = 0; i < 5; i++)
        {
            await proxy.Client.GetStringAsync(new Uri("/x", UriKind.Relative));
        }

        Assert.Equal(0.5, (await NextAsync(grains)).Cpu);
        _time.Advance(OrcaDelivery.Interval);
        _time.Advance(OrcaDelivery.Interval);
        Assert.Empty(grains.Utilizations);
    }

    [Fact]
    public async Task Answer_ReportInATrailerOfGrpc_GoesToTheGrainAndNotToTheUser()
    {
        await using var backend = await TestServer.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.FlushAsync();
                context.Response.AppendTrailer("grpc-status", "0");
                context.Response.AppendTrailer(OrcaHeader.BinaryName, "CQAAAAAAAOA/");
            },
            HttpProtocols.Http2);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2, time: _time);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/pkg.Service/Call")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { ContentType = new("application/grpc") } },
        };

        using var answer = await proxy.Client.SendAsync(request);

        Assert.Equal(["grpc-status"], answer.TrailingHeaders.Select(trailer => trailer.Key));
        Assert.Equal(0.5, (await NextAsync(proxy.Services.GetRequiredService<FakeGrains>())).Cpu);
    }

    [Fact]
    public async Task Answer_MalformedReports_AreDroppedAndWarnedOfOnceAMinute()
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.Headers[OrcaHeader.Name] = context.Request.Path == "/good" ? "TEXT mem_utilization=0.5" : "TEXT cpu_utilization=lots";
            return context.Response.WriteAsync("ok");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), time: _time);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await proxy.Client.GetStringAsync(new Uri("/bad", UriKind.Relative)));
            _time.Advance(OrcaDelivery.Interval);
        }

        await proxy.Client.GetStringAsync(new Uri("/good", UriKind.Relative));
        Assert.Equal(new UtilizationReport { Memory = 0.5 }, await NextAsync(proxy.Services.GetRequiredService<FakeGrains>()));
        var warning = Assert.Single(proxy.Log.Entries, entry => entry.Level == LogLevel.Warning && entry.Category.StartsWith("Opsen", StringComparison.Ordinal));
        Assert.Contains("lots", warning.Message, StringComparison.Ordinal);
    }

    private async Task<UtilizationReport> NextAsync(FakeGrains grains)
    {
        UtilizationReport? report = null;
        await Eventually.BecomesTrueAsync(() =>
        {
            _time.Advance(OrcaDelivery.Interval);
            return grains.Utilizations.TryDequeue(out report);
        });
        return report!;
    }
}
