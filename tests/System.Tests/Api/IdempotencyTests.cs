using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>Requests that are sent again with the same <c>Idempotency-Key</c> reserve once.</summary>
public sealed class IdempotencyTests
{
    private const int Callers = 200;

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_SameKey_IsOneReservationThatACrashDoesNotLose(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings => settings["pending_allocation_timeout_seconds"] = "60");
        await new TestHost().JoinAsync(server);
        await new TestHost().JoinAsync(server);

        var first = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => RouteAsync(server, "order-1")));
        Assert.Single(first.Distinct());
        var other = await RouteAsync(server, "order-2");
        Assert.NotEqual(first[0].Reservation, other.Reservation);

        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();
        Assert.Equal(first[0], await RouteAsync(server, "order-1"));
        Assert.Equal(other, await RouteAsync(server, "order-2"));

        // Another request is not meant, and the key is no session.
        var problem = await server.PostPatientlyAsync("/route", new JsonObject { ["tier"] = "tiny" }, ("Idempotency-Key", "order-1"));
        Assert.Contains("another tier", problem.ExpectProblem(HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
        Assert.All(
            (await server.GetAsync("/decisions")).Expect(HttpStatusCode.OK)["decisions"].EnumerateArray(),
            static decision => Assert.False(decision.TryGetProperty("sticky_id", out _)));

        // When its reservation has ended the key is free.
        (await server.SendAsync(HttpMethod.Delete, $"/reservations/{first[0].Reservation}", null)).Expect(HttpStatusCode.NoContent);
        Assert.NotEqual(first[0].Reservation, (await RouteAsync(server, "order-1")).Reservation);
        Assert.Equal(2, (await server.SendAsync(HttpMethod.Post, "/clients/purge-pending", null)).Expect(HttpStatusCode.OK)["purged"].GetInt32());
    }

    [Fact]
    public async Task Route_SameKeyInSeveralPools_IsFoundInTheOneThatHasIt()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings => settings["pools"] = "[default, burst]");
        await new TestHost { MemoryAvailable = 1.5 }.JoinAsync(server);
        var spare = await new TestHost { Pool = "burst" }.JoinAsync(server);
        var filler = await RouteAsync(server, "filler");
        var spilled = await RouteAsync(server, "spilled");
        Assert.Equal(spare.Id, spilled.ClientId);

        (await server.SendAsync(HttpMethod.Delete, $"/reservations/{filler.Reservation}", null)).Expect(HttpStatusCode.NoContent);

        Assert.Equal(spilled, await RouteAsync(server, "spilled"));
    }

    private static async Task<(string? ClientId, string? Reservation)> RouteAsync(Deployment server, string key)
    {
        var reply = await server.PostPatientlyAsync("/route", new JsonObject { ["tier"] = "lite" }, ("Idempotency-Key", key));
        JsonElement json = reply.Expect(HttpStatusCode.OK).Json;
        return (json.GetProperty("client_id").GetString(), json.GetProperty("reservation_id").GetString());
    }
}
