using System.Net;
using System.Text.Json;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>What must still be there after <c>kill -9</c>, before any agent has reported again.</summary>
public class CrashTests
{
    [Theory]
    [InlineData(Shape.Embedded, Victim.All)]
    [InlineData(Shape.Localhost, Victim.Gateway)]
    [InlineData(Shape.Localhost, Victim.Silo)]
    [InlineData(Shape.Localhost, Victim.All)]
    public async Task Kill_SessionOnAHost_StaysThere(Shape shape, Victim victim)
    {
        await using var server = await Deployment.StartAsync(shape);
        var host = await new TestHost { CpuUsage = [70, 70] }.JoinAsync(server);
        Assert.Equal(host.Id, await TargetAsync(server, "session"));
        // From now on a new session would go to the other host.
        var other = await new TestHost { CpuUsage = [1, 1] }.JoinAsync(server);
        await Eventually.HoldsAsync("new requests go to the other host", async () => await TargetAsync(server, null) == other.Id);

        await server.KillAsync(victim);
        await server.StartMissingAsync();

        await RoutesAgainAsync(server);
        Assert.Equal(host.Id, await TargetAsync(server, "session"));
        Assert.Equal(other.Id, await TargetAsync(server, null));
    }

    [Theory]
    [InlineData(Shape.Embedded, Victim.All)]
    [InlineData(Shape.Localhost, Victim.Gateway)]
    [InlineData(Shape.Localhost, Victim.Silo)]
    [InlineData(Shape.Localhost, Victim.All)]
    public async Task Kill_HostsAndReports_AreThereAndRoutingWorksBeforeAnyReport(Shape shape, Victim victim)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var first = await EchoServer.StartAsync("first");
        await using var second = await EchoServer.StartAsync("second");
        var host = await new TestHost
        {
            CpuUsage = [11, 22],
            Endpoints = [(first.Url.OriginalString, ["/app/v1"]), (second.Url.OriginalString, ["/app/v2"])],
        }.JoinAsync(server);
        var before = Visible((await server.FindClientAsync(host.Id))!.Value);

        await server.KillAsync(victim);
        await server.StartMissingAsync();

        await Eventually.HoldsAsync("the host is active", async () => await server.FindClientAsync(host.Id, "?active_only=true") is not null);

        // A silo that has just started answers for hosts before it counts their sessions.
        await Eventually.HoldsAsync("the host is as it was", async () => Visible((await server.FindClientAsync(host.Id))!.Value) == before);
        var health = await server.GetAsync("/health");
        Assert.Equal((1, 1), (health["total_clients"].GetInt32(), health["active_clients"].GetInt32()));
        await RoutesAgainAsync(server);
        Assert.Equal("first", (await server.GetAsync("/app/v1/x?tier=tiny")).Expect(HttpStatusCode.OK)["name"].GetString());
        Assert.Equal("second", (await server.GetAsync("/app/v2/x?tier=tiny")).Expect(HttpStatusCode.OK)["name"].GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded, Victim.All)]
    [InlineData(Shape.Localhost, Victim.Gateway)]
    [InlineData(Shape.Localhost, Victim.Silo)]
    [InlineData(Shape.Localhost, Victim.All)]
    public async Task Kill_HostIsReserved_StaysReserved(Shape shape, Victim victim)
    {
        await using var server = await Deployment.StartAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 95] }.JoinAsync(server);
        var taken = (await server.RouteAsync("lite")).Expect(HttpStatusCode.OK);
        Assert.Equal(host.Id, taken["client_id"].GetString());
        // The session's grain would keep its own reservation; one without a session is in the ledger alone.
        await StoredState.UntilHoldsAsync(server, Guid.Parse(taken["reservation_id"].GetString()!).ToString());

        await server.KillAsync(victim);
        await server.StartMissingAsync();

        await RoutesAgainAsync(server);
        (await server.RouteAsync("lite")).ExpectProblem(HttpStatusCode.ServiceUnavailable);
    }

    private static async Task<string?> TargetAsync(Deployment server, string? session) =>
        (await server.RouteAsync(session is null ? "tiny" : "lite", session)).Expect(HttpStatusCode.OK)["client_id"].GetString();

    // With a tier that takes no core: what a request without an answer reserved must not be in the way of the next.
    private static Task RoutesAgainAsync(Deployment server) =>
        Eventually.HoldsAsync("routing works again", async () => (await server.RouteAsync("tiny")).Status == HttpStatusCode.OK);

    // What a crash may change is left out: the moment of the last probe, and the sessions while nobody can count them.
    private static string Visible(JsonElement client) =>
        string.Join('\n', client.EnumerateObject().Where(static property => property.Name is not ("last_health_check" or "sessions")).Select(static property => property.ToString()));
}
