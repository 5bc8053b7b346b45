using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>A known session is told of its reservation only while that lives.</summary>
public class SessionReservationTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_KnownSession_NamesItsReservationOnlyWhileThatLives(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings => settings["pending_allocation_timeout_seconds"] = "4");
        var host = await new TestHost().JoinAsync(server);
        var released = await RouteAsync(server, "released");
        var renewed = await RouteAsync(server, "renewed");
        Assert.NotNull(released);
        Assert.NotNull(renewed);

        (await server.SendAsync(HttpMethod.Delete, $"/reservations/{released}", null)).Expect(HttpStatusCode.NoContent);
        await Eventually.HoldsAsync("the released one is not named", async () => await RouteAsync(server, "released") is null);

        await Eventually.HoldsAsync("a renewal", async () =>
            (await server.SendAsync(HttpMethod.Post, $"/reservations/{renewed}/renew", null)).Status == HttpStatusCode.NoContent && await RouteAsync(server, "renewed") == renewed);
        await Eventually.HoldsAsync("the other one is over", async () => await RouteAsync(server, "renewed") is null);

        // The session is where it was all the same.
        Assert.Equal(host.Id, (await server.RouteAsync("lite", "renewed")).Expect(HttpStatusCode.OK)["client_id"].GetString());
        (await server.SendAsync(HttpMethod.Post, $"/reservations/{renewed}/renew", null)).Expect(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_KnownSession_NamesItsReservationAsLongAsThatCanBeRenewed(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings => settings["pending_allocation_timeout_seconds"] = "1");
        await new TestHost().JoinAsync(server);

        // Many at once, because each has an instant only in which its gateway knows less than its index.
        var sessions = Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            var session = $"session-{i}";
            var id = await RouteAsync(server, session, "tiny");
            Assert.NotNull(id);
            while (await RouteAsync(server, session, "tiny") == id)
            {
                await Task.Yield();
            }

            return (await server.SendAsync(HttpMethod.Post, $"/reservations/{id}/renew", null)).Status;
        }));
        Assert.All(await Task.WhenAll(sessions), static status => Assert.Equal(HttpStatusCode.NotFound, status));
    }

    private static async Task<string?> RouteAsync(Deployment server, string session, string tier = "lite")
    {
        var reply = (await server.RouteAsync(tier, session)).Expect(HttpStatusCode.OK);
        return reply.Json.TryGetProperty("reservation_id", out var id) ? id.GetString() : null;
    }
}
