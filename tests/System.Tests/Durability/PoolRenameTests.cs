using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>An operator gives the pool another name.</summary>
public class PoolRenameTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Restart_PoolHasAnotherName_HostsSessionsAndReservationsAreThere(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 95] }.JoinAsync(server);
        var session = (await server.RouteAsync("lite", "s")).Expect(HttpStatusCode.OK);
        await new TestHost { CpuUsage = [95, 95] }.JoinAsync(server);

        await server.StopAsync();
        server.Change(static settings => settings["pool"] = "web");
        await server.StartMissingAsync();

        await Eventually.HoldsAsync("the hosts are listed", async () => (await server.GetAsync("/clients")).Json.GetArrayLength() == 2);
        var again = (await server.RouteAsync("lite", "s")).Expect(HttpStatusCode.OK);
        Assert.Equal((host.Id, session["reservation_id"].GetString()), (again["client_id"].GetString(), again["reservation_id"].GetString()));
        (await server.RouteAsync("lite")).ExpectProblem(HttpStatusCode.ServiceUnavailable);
        await host.ReportAsync(server);
        Assert.Equal(1, (await server.SendAsync(HttpMethod.Delete, "/clients/purge-pending", null))["purged"].GetInt32());
    }
}
