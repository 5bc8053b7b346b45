using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class MetricsTests(SharedDeployments shared)
{
    /// <summary>A metric that dashboards and alerts use, of each part of the program.</summary>
    private static readonly string[] Expected =
    [
        "opsen_decisions_total{", "opsen_decision_duration_seconds_bucket{", "opsen_sessions_cached", "opsen_index_batch_size_bucket{",
        "opsen_api_request_duration_seconds_bucket{", "opsen_proxy_requests_active", "opsen_hosts_oldest_report_seconds{", "dotnet_process_cpu_time_seconds_total{",
        "kestrel_active_connections{",
    ];

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Metrics_HostInMaintenance_IsCountedThereOnTheAdminListenerOnly(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost().JoinAsync(server);
        (await server.SendAsync(HttpMethod.Post, $"/clients/{host.Id}/maintenance", null)).Expect(HttpStatusCode.OK);

        await Eventually.HoldsAsync("the host is counted", async () =>
        {
            var metrics = await ReadAsync(server, "/metrics");
            return metrics.Contains("pool=\"default\",state=\"maintenance\"} 1\n", StringComparison.Ordinal)
                && metrics.Contains("pool=\"default\",state=\"in_service\"} ", StringComparison.Ordinal)
                && metrics.Contains("opsen_pool_panic{", StringComparison.Ordinal)
                && metrics.Contains("opsen_hosts_slow_start{", StringComparison.Ordinal);
        });
        (await server.GetAsync("/metrics")).ExpectProblem(HttpStatusCode.NotFound);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Metrics_RequestsWereRouted_TellThem(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { FreeVram = [20, 24] }.JoinAsync(server);
        var before = Count(await ReadAsync(server, "/metrics"));
        (await server.PostAsync(
            "/route", new JsonObject { ["tier"] = "lite", ["client_lat"] = host.Latitude, ["client_lon"] = host.Longitude })).Expect(HttpStatusCode.OK);
        (await server.PostAsync("/route", new JsonObject { ["tier"] = "made-up" })).ExpectProblem(HttpStatusCode.BadRequest);

        // A scrape may be answered with the one before it.
        var metrics = "";
        await Eventually.HoldsAsync(
            "the decision is counted", async () => Count(metrics = await ReadAsync(server, "/metrics")) == before + 1);
        Assert.All(Expected, name => Assert.Contains(name, metrics, StringComparison.Ordinal));
        Assert.DoesNotContain("made-up", metrics, StringComparison.Ordinal);
        var hosts = await ReadAsync(server, "/metrics/hosts");
        Assert.Contains($"opsen_host_state{{client_id=\"{host.Id}\",hostname=\"{host.Id}.test\",pool=\"default\",state=\"in_service\"}} 1\n", hosts, StringComparison.Ordinal);
        Assert.Contains($"opsen_host_gpu_memory_total_bytes{{client_id=\"{host.Id}\",hostname=\"{host.Id}.test\",pool=\"default\",gpu=\"1\"}} 25769803776\n", hosts, StringComparison.Ordinal);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
        await Eventually.HoldsAsync(
            "the host has no series", async () => !(await ReadAsync(server, "/metrics/hosts")).Contains(host.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_OfBothPaths_AreWhatPromtoolAccepts()
    {
        var promtool = Tool.Require("prometheus", "promtool");
        var server = await shared.GetAsync(Shape.Embedded);
        await new TestHost().JoinAsync(server);
        foreach (var path in (string[])["/metrics", "/metrics/hosts"])
        {
            // What promtool says of names is advice; what does not parse ends with another code than 3.
            var (exitCode, output, errors) = await promtool.RunWithInputAsync(await ReadAsync(server, path), "check", "metrics");
            Assert.True(exitCode is 0 or 3, $"{path}: {exitCode}: {output}{errors}");
        }
    }

    [Fact]
    public async Task Deployment_PrometheusFiles_AreWhatPromtoolAccepts()
    {
        var promtool = Tool.Require("prometheus", "promtool");

        // The rules with it.
        await promtool.RunAsync("check", "config", Path.Combine(BuildOutput.RepositoryRoot, "deploy", "prometheus", "prometheus.yml"));
    }

    private static Task<string> ReadAsync(Deployment server, string path) =>
        server.Http.GetStringAsync(new Uri(server.Admin, path), TestContext.Current.CancellationToken);

    /// <summary>Decisions of the index for the tier lite that found a host.</summary>
    private static double Count(string metrics) => metrics.Split('\n')
        .Where(static line => line.StartsWith("opsen_decisions_total{outcome=\"routed\",source=\"index\",tier=\"lite\"}", StringComparison.Ordinal))
        .Select(static line => JsonSerializer.Deserialize<double>(line[(line.LastIndexOf(' ') + 1)..]))
        .SingleOrDefault();
}
