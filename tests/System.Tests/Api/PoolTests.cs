using System.Net;
using System.Text.Json;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>A gateway with several pools: new sessions go to the first one, and spill over to the next one when that is full.</summary>
public class PoolTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_FirstPoolIsFull_SpillsSaysSoAndEverythingOfTheSpareCanBeManaged(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings =>
        {
            settings["pools"] = "[default, burst]";
            settings["expose_routing_headers"] = "true";
        });
        await using var backend = await EchoServer.StartAsync("echo");
        var home = await new TestHost { MemoryAvailable = 1.5, Url = backend.Url.ToString() }.JoinAsync(server);
        var spare = await new TestHost { MemoryAvailable = 2.5, Url = $"{backend.Url}spare", Pool = "burst" }.JoinAsync(server);

        var first = await PlaceAsync(server, "first");
        Assert.Equal((home.Id, "default", false), Describe(first));
        var spilled = await PlaceAsync(server, "spilled");
        Assert.Equal((spare.Id, "burst", true), Describe(spilled));

        // The session stays where it is, also when the first pool has room again, for every way in.
        (await server.SendAsync(HttpMethod.Delete, "/sessions/first", null)).Expect(HttpStatusCode.NoContent);
        Assert.Equal((spare.Id, "burst", true), Describe(await PlaceAsync(server, "spilled")));
        var proxied = await server.GetAsync("/app/x", ("X-Session-ID", "spilled"), ("X-Tier", "lite"));
        Assert.Equal((spare.Id, "burst", "true"), (Header(proxied, "X-Opsen-Client-ID"), Header(proxied, "X-Opsen-Pool"), Header(proxied, "X-Opsen-Spilled")));
        Assert.Equal((home.Id, "default", false), Describe(await PlaceAsync(server, null)));

        // A crash of everything loses none of it.
        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();
        Assert.Equal((spare.Id, "burst", true), Describe(await PlaceAsync(server, "spilled")));
        var second = await PlaceAsync(server, null);
        Assert.Equal((spare.Id, "burst", true), Describe(second));
        var full = (await server.RouteAsync("lite", null)).ExpectProblem(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("2 short of memory", full, StringComparison.Ordinal);

        var reservation = second.GetProperty("reservation_id").GetString();
        (await server.SendAsync(HttpMethod.Post, $"/reservations/{reservation}/renew", null)).Expect(HttpStatusCode.NoContent);
        Assert.Equal(spare.Id, (await server.GetAsync($"/decisions/{reservation}")).Expect(HttpStatusCode.OK)["client_id"].GetString());
        (await server.SendAsync(HttpMethod.Delete, $"/reservations/{reservation}", null)).Expect(HttpStatusCode.NoContent);
        (await server.SendAsync(HttpMethod.Delete, $"/reservations/{reservation}", null)).Expect(HttpStatusCode.NotFound);

        // Ending the session gives its place in the other pool back.
        (await server.SendAsync(HttpMethod.Delete, "/sessions/spilled", null)).Expect(HttpStatusCode.NoContent);
        await PlaceAsync(server, "one");
        await PlaceAsync(server, "two");
        (await server.RouteAsync("lite", "three")).ExpectProblem(HttpStatusCode.ServiceUnavailable);

        // One more where the release of the first session was not in the journal yet when everything was killed: then it is alive until it expires (ADR 0007).
        Assert.InRange((await server.SendAsync(HttpMethod.Post, "/clients/purge-pending", null)).Expect(HttpStatusCode.OK)["purged"].GetInt32(), 3, 4);

        var metrics = await server.Http.GetStringAsync(new Uri(server.Admin, "/metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("opsen_decisions_spilled_total{", metrics, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> PlaceAsync(Deployment server, string? session) =>
        (await server.RouteAsync("lite", session)).Expect(HttpStatusCode.OK).Json;

    private static string Header(Reply reply, string name) => Assert.Single(reply.Headers.GetValues(name));

    private static (string? Host, string? Pool, bool HasSpilled) Describe(JsonElement decision) => (
        decision.GetProperty("client_id").GetString(),
        decision.GetProperty("pool").GetString(),
        decision.TryGetProperty("spilled", out var spilled) && spilled.GetBoolean());
}
