using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class MetricsTests(SharedDeployments shared)
{
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
            var metrics = await server.Http.GetStringAsync(new Uri(server.Admin, "/metrics"), TestContext.Current.CancellationToken);
            return metrics.Contains("pool=\"default\",state=\"maintenance\"} 1\n", StringComparison.Ordinal)
                && metrics.Contains("pool=\"default\",state=\"in_service\"} ", StringComparison.Ordinal)
                && metrics.Contains("opsen_pool_panic{", StringComparison.Ordinal)
                && metrics.Contains("opsen_hosts_slow_start{", StringComparison.Ordinal);
        });
        (await server.GetAsync("/metrics")).ExpectProblem(HttpStatusCode.NotFound);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
    }
}
