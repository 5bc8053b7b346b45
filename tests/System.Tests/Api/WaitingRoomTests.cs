using System.Net;
using System.Text.Json.Nodes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>Requests that wait for room instead of being refused.</summary>
public sealed class WaitingRoomTests
{
    private static readonly Action<ServerSettings> Configure = static settings =>
    {
        settings["tiers"] = "[{name: lite, vcpu: 1, memory_gb: 1, max_wait_seconds: 60}, {name: hasty, vcpu: 1, memory_gb: 1}]";
        settings["pending_allocation_timeout_seconds"] = "600";
        settings["api_keys"] = "[{key: root}, {key: g, name: gold, scope: operate}, {key: s, name: silver, scope: operate}]";
        settings["tenants"] = "[{name: gold, priority: 1}]";
        settings["expose_routing_headers"] = "true";
    };

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_NoRoom_WaitsInOrderUntilThereIsSome(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, Configure);
        await using var backend = await EchoServer.StartAsync("echo");
        await JoinAsync(server, backend.Url.ToString());
        var first = (await RouteAsync(server, "root")).Expect(HttpStatusCode.OK);
        Assert.False(first.Json.TryGetProperty("waited_seconds", out _));

        // Who does not want to wait hears at once how it stands.
        var refused = await RouteAsync(server, "root", ("Prefer", "respond-async, wait=0"));
        refused.ExpectProblem(HttpStatusCode.ServiceUnavailable);
        (await server.PostAsync("/route", new JsonObject { ["tier"] = "hasty" }, ("X-API-Key", "root"))).ExpectProblem(HttpStatusCode.ServiceUnavailable);
        var briefly = await server.PostAsync("/route?wait=1", new JsonObject { ["tier"] = "lite" }, ("X-API-Key", "root"));
        Assert.Contains("number 1 of those who wait", briefly.ExpectProblem(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal(1, briefly["queue"].GetProperty("position").GetInt32());

        // One leaves, and the one of higher priority goes first although it came last.
        using var gone = new CancellationTokenSource();
        using var message = Ask("s");
        var left = server.Http.SendAsync(message, gone.Token);
        await Eventually.HoldsAsync("one waits", async () => await WaitingAsync(server) == 1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Eventually.HoldsAsync("it is gone", async () => await WaitingAsync(server) == 0);
        var silver = RouteAsync(server, "s");
        await Eventually.HoldsAsync("silver waits", async () => await WaitingAsync(server) == 1);
        var gold = RouteAsync(server, "g", ("Prefer", "wait=55"));
        await Eventually.HoldsAsync("gold waits", async () => await WaitingAsync(server) == 2);
        Assert.False(silver.IsCompleted || gold.IsCompleted);

        await ReleaseAsync(server, first);
        var second = (await gold).Expect(HttpStatusCode.OK);
        Assert.True(second["waited_seconds"].GetDouble() > 0);
        Assert.Equal("wait=55", second.Headers.GetValues("Preference-Applied").Single());
        Assert.False(silver.IsCompleted);
        await ReleaseAsync(server, second);
        var third = (await silver).Expect(HttpStatusCode.OK);

        // So do proxied requests and sessions.
        var session = server.PostAsync("/route", new JsonObject { ["tier"] = "lite" }, ("X-API-Key", "root"), ("X-Session-ID", "alice"));
        await Eventually.HoldsAsync("the session waits", async () => await WaitingAsync(server) == 1);
        await ReleaseAsync(server, third);
        var alice = (await session).Expect(HttpStatusCode.OK);
        var proxied = server.GetAsync("/app/x", ("X-Tier", "lite"));
        await Eventually.HoldsAsync("the proxied request waits", async () => await WaitingAsync(server) == 1);
        (await server.SendAsync(HttpMethod.Delete, "/sessions/alice", null, ("X-API-Key", "root"))).Expect(HttpStatusCode.NoContent);
        (await proxied).Expect(HttpStatusCode.OK);
        Assert.NotEqual(alice["reservation_id"].GetString(), third["reservation_id"].GetString());
    }

    [Fact]
    public async Task Route_GatewayStopsWhileOneWaits_ItIsToldToAskAgain()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, Configure);
        await JoinAsync(server, "http://127.0.0.1:9");
        (await RouteAsync(server, "root")).Expect(HttpStatusCode.OK);
        var waiting = RouteAsync(server, "root");
        await Eventually.HoldsAsync("it waits", async () => await WaitingAsync(server) == 1);

        await server.StopAsync();

        (await waiting).ExpectProblem(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Route_SiloDiesWhileOneWaits_ItWaitsOnAndGetsRoom()
    {
        await using var server = await Deployment.StartAsync(Shape.Localhost, Configure);
        await JoinAsync(server, "http://127.0.0.1:9");
        var first = (await RouteAsync(server, "root")).Expect(HttpStatusCode.OK);
        var waiting = RouteAsync(server, "root");
        await Eventually.HoldsAsync("it waits", async () => await WaitingAsync(server) == 1);

        await server.KillAsync(Victim.Silo);
        await server.StartMissingAsync();
        await Eventually.HoldsAsync("it waits again", async () => await WaitingAsync(server) == 1);
        Assert.False(waiting.IsCompleted);

        await ReleaseAsync(server, first);
        (await waiting).Expect(HttpStatusCode.OK);
    }

    private static Task JoinAsync(Deployment server, string url) => JoinAsync(server, new TestHost { Url = url, MemoryAvailable = 1.5 });

    private static async Task JoinAsync(Deployment server, TestHost host)
    {
        (await server.PostPatientlyAsync("/register", host.Registration(), ("X-API-Key", "root"))).Expect(HttpStatusCode.OK);
        (await server.PostPatientlyAsync("/stats", host.Report(), ("X-API-Key", "root"))).Expect(HttpStatusCode.OK);
    }

    private static Task<Reply> RouteAsync(Deployment server, string key, params (string Name, string Value)[] headers) =>
        server.PostAsync("/route", new JsonObject { ["tier"] = "lite" }, [("X-API-Key", key), .. headers]);

    private static HttpRequestMessage Ask(string key)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "/route") { Content = new StringContent("""{"tier":"lite"}""", null, "application/json") };
        message.Headers.Add("X-API-Key", key);
        return message;
    }

    private static async Task ReleaseAsync(Deployment server, Reply placed) => (await server.SendAsync(
        HttpMethod.Delete, $"/reservations/{placed["reservation_id"].GetString()}", null, ("X-API-Key", "root"))).Expect(HttpStatusCode.NoContent);

    /// <summary>How many wait, as the position of one that does not want to says it.</summary>
    private static async Task<int> WaitingAsync(Deployment server)
    {
        var reply = await server.PostAsync("/route?wait=0", new JsonObject { ["tier"] = "lite" }, ("X-API-Key", "root"));
        return reply.Status == HttpStatusCode.ServiceUnavailable && reply.Json.TryGetProperty("queue", out var queue)
            ? queue.GetProperty("position").GetInt32() - 1 : -1;
    }
}
