using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Startup;

/// <summary>Every number that the configuration allows is one that the program works with: all at their least, all at their most.</summary>
public class EveryNumberTests
{
    private static readonly (string Key, string Least, string Most)[] Numbers =
    [
        ("stale_minutes", "1", "525600"),
        ("rate_limit_burst", "1", "10000000"),
        ("max_request_body_bytes", "1024", "1099511627776"),
        ("request_timeout_seconds", "1", "86400"),
        ("idle_timeout_seconds", "1", "86400"),
        ("read_header_timeout_seconds", "1", "3600"),
        ("proxy_sse_flush_interval_ms", "-1", "60000"),
        ("connect_timeout_seconds", "1", "300"),
        ("sticky_ttl_minutes", "1", "5256000"),
        ("pending_allocation_timeout_seconds", "1", "86400"),
        ("tier_peek_bytes", "1024", "16777216"),
        ("cleanup_interval_seconds", "1", "86400"),
        ("shutdown_timeout_seconds", "1", "3600"),
        ("stats_retention_hours", "0", "87600"),
        ("health_check_interval_seconds", "1", "3600"),
        ("health_check_timeout_seconds", "1", "300"),
        ("health_check_unhealthy_threshold", "1", "1000"),
        ("health_check_healthy_threshold", "1", "1000"),
        ("slow_start_seconds", "0", "3600"),
        ("panic_threshold_pct", "0", "100"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_AllNumbersAtTheirBounds_EverythingWorksAlsoAfterARestart(bool isMost)
    {
        await using var backend = await EchoServer.StartAsync("echo");
        await using var server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            foreach (var (key, least, most) in Numbers)
            {
                settings[key] = isMost ? most : least;
            }

            settings["health_check_enabled"] = "true";
        });
        var host = await new TestHost { Url = backend.Url.OriginalString }.JoinAsync(server);
        await UseAsync(server, host);

        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();

        await Eventually.HoldsAsync("the host is listed", async () => await server.FindClientAsync(host.Id) is not null);
        await host.ReportAsync(server);
        await UseAsync(server, host);
    }

    private static async Task UseAsync(Deployment server, TestHost host)
    {
        Assert.Equal(host.Id, (await server.RouteAsync("tiny")).Expect(HttpStatusCode.OK)["client_id"].GetString());
        Assert.Equal(host.Id, (await server.RouteAsync("tiny", "session")).Expect(HttpStatusCode.OK)["client_id"].GetString());
        (await server.GetAsync("/app/x?tier=tiny")).Expect(HttpStatusCode.OK);
    }
}
