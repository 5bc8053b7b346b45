using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Hosting;

public sealed class ConnectionDrainTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(ClusterMode.Postgres, true)]
    [InlineData(ClusterMode.Embedded, false)]
    public async Task StoppingAsync_GatewayThatHasOthersBesideIt_EndsConnectionsWithTheirResponses(ClusterMode cluster, bool ends)
    {
        var drain = new ConnectionDrain(new ServerOptions { Cluster = cluster, ShutdownTimeoutSeconds = 30 }, _time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Use(drain.Use);
        app.Run(static context => context.Response.WriteAsync("served"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Assert.False(await IsLastAsync(client));

        var stopping = drain.StoppingAsync(CancellationToken.None);

        Assert.Equal(ends, await IsLastAsync(client));
        Assert.Equal(!ends, stopping.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        await stopping;
    }

    private static async Task<bool> IsLastAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("served", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return response.Headers.ConnectionClose == true;
    }
}
