using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class PurgeTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded, "POST")]
    [InlineData(Shape.Embedded, "DELETE")]
    [InlineData(Shape.Localhost, "POST")]
    [InlineData(Shape.Localhost, "DELETE")]
    public async Task Purge_HostReports_KeepsIt(Shape shape, string method)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost().JoinAsync(server);

        var reply = (await server.SendAsync(new HttpMethod(method), "/clients/purge", null)).Expect(HttpStatusCode.OK);

        Assert.Equal("success", reply["status"].GetString());
        Assert.True(reply["purged"].GetInt32() >= 0);
        Assert.InRange(reply["timestamp"].GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.NotNull(await server.FindClientAsync(host.Id));
    }

    [Theory]
    [InlineData(Shape.Embedded, "POST")]
    [InlineData(Shape.Localhost, "DELETE")]
    public async Task PurgePending_HostIsFull_FreesIt(Shape shape, string method)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 95] }.JoinAsync(server);
        Assert.Equal(host.Id, await RouteNearAsync(server, host));
        Assert.NotEqual(host.Id, await RouteNearAsync(server, host));

        var reply = (await server.SendAsync(new HttpMethod(method), "/clients/purge-pending", null)).Expect(HttpStatusCode.OK);

        Assert.Equal("success", reply["status"].GetString());
        Assert.True(reply["purged"].GetInt32() >= 1);
        Assert.Equal(host.Id, await RouteNearAsync(server, host));
    }

    private static async Task<string?> RouteNearAsync(Deployment server, TestHost host)
    {
        var reply = await server.RouteAsync("lite", near: host);
        return reply.Status == HttpStatusCode.OK ? reply["client_id"].GetString() : null;
    }
}
