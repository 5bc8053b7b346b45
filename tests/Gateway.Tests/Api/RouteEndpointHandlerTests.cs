using System.Net;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Api;

public sealed class RouteEndpointHandlerTests
{
    private static readonly Guid Reservation = Guid.Parse("0123456789abcdef0123456789abcdef");

    [Fact]
    public async Task HandleAsync_Routed_AnswersEveryField()
    {
        await using var host = await EdgeHost.StartAsync();
        var decision = new PlacementDecision { Outcome = RouteOutcome.Routed, ReservationId = Reservation, GpuIds = [0, 2], DistanceKm = 12.5 };
        host.Resolver.Answer = new RouteResult(decision) { Host = Hosts.New("host-1") };

        using var response = await host.PostAsync("/route", Bodies.Route);

        Assert.Equal(
            """{"client_id":"host-1","endpoint":"http://host-1.example:8000","hostname":"host-1.example","distance_km":12.5,"reservation_id":"0123456789abcdef0123456789abcdef","gpu_ids":[0,2]}""",
            (await response.ReadJsonAsync()).GetRawText());
        var query = Assert.Single(host.Resolver.Queries);
        Assert.Equal(("lite", null, new GeoPoint(40.7128, -74.006)), (query.Tier, query.StickyId, query.Place));
        Assert.Empty(query.Excluded);
    }

    [Fact]
    public async Task HandleAsync_NoReservationAndNoDistance_KeepsDistanceAndOmitsTheId()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Resolver.Answer = new RouteResult(new PlacementDecision { Outcome = RouteOutcome.Routed }) { Host = Hosts.New("host-1") };

        using var response = await host.PostAsync("/route", """{"tier":"lite"}""");

        Assert.EndsWith("\"distance_km\":0,\"gpu_ids\":[]}", (await response.ReadJsonAsync()).GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RouteOutcome.NoCapacity, "no-capacity", "5")]
    [InlineData(RouteOutcome.Unavailable, "unavailable", "1")]
    public async Task HandleAsync_NoHost_Answers503WithTheReason(RouteOutcome outcome, string type, string retryAfter)
    {
        await using var host = await EdgeHost.StartAsync();
        host.Resolver.Answer = RouteResult.Refused(outcome, "Hosts refused: 2 short of memory.");

        using var response = await host.PostAsync("/route", Bodies.Route);

        Assert.Equal("Hosts refused: 2 short of memory.", await response.AssertProblemAsync(HttpStatusCode.ServiceUnavailable, type));
        Assert.Equal(retryAfter, Assert.Single(response.Headers.GetValues("Retry-After")));
    }

    [Fact]
    public async Task HandleAsync_IdempotencyKey_NamesTheReservation()
    {
        await using var host = await EdgeHost.StartAsync(static options => options.StickyHeader = "X-Session-ID");

        foreach (var key in (string[])["a1", "\"a1\"", "b2"])
        {
            using var response = await host.PostAsync("/route", Bodies.Route, ("Idempotency-Key", key));
        }

        using var without = await host.PostAsync("/route", Bodies.Route);
        using var session = await host.PostAsync("/route", Bodies.Route, ("Idempotency-Key", "a1"), ("X-Session-ID", "alice"));
        var keys = host.Resolver.Queries.Select(static query => query.CallerKey).ToList();
        Assert.True(CallerKeys.IsKey(keys[0]));
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[0], keys[2]);
        Assert.Null(keys[3]);
        Assert.Null(keys[4]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData(256)]
    public async Task HandleAsync_IdempotencyKeyIsNone_Answers400(object key)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync("/route", Bodies.Route, ("Idempotency-Key", key is int length ? new string('x', length) : (string)key));

        Assert.Contains("Idempotency-Key must come once", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandleAsync_IdempotencyKeyOfAnotherTier_Answers422()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Resolver.Answer = RouteResult.Refused(RouteOutcome.KeyReused, "use another key");

        using var response = await host.PostAsync("/route", Bodies.Route, ("Idempotency-Key", "a"));

        Assert.Equal("use another key", await response.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "key-reused"));
    }

    [Fact]
    public async Task HandleAsync_IndexDoesNotKnowTheTier_Answers400()
    {
        await using var host = await EdgeHost.StartAsync();
        host.Resolver.Answer = RouteResult.Refused(RouteOutcome.UnknownTier, "use another one");

        using var response = await host.PostAsync("/route", Bodies.Route);

        Assert.Equal("use another one", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.UnknownTier));
    }

    [Theory]
    [InlineData("""{"tier":"lite","client_ip":"1.2.3"}""", "client_ip")]
    [InlineData("""{"tier":"lite","client_ip":"1.2.3.4:5"}""", "client_ip")]
    [InlineData("""{"tier":"lite","client_lat":91,"client_lon":0}""", "client_lat")]
    [InlineData("""{"tier":"lite","client_lat":1}""", "client_lat and client_lon")]
    [InlineData("""{"tier":"lite","client_lat":1,"client_lon":181}""", "client_lon")]
    [InlineData("""{"tier":""}""", "tier")]
    [InlineData("""{}""", "tier")]
    public async Task HandleAsync_ValueThatCannotBe_Answers400(string body, string field)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync("/route", body);

        Assert.StartsWith($"{field} ", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
        Assert.Empty(host.Resolver.Queries);
    }

    [Theory]
    [InlineData("session-1", "session-1")]
    [InlineData(null, "127.0.0.1")]
    public async Task HandleAsync_StickyHeaderOrAddress_IsTheSession(string? header, string expected)
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.StickyHeader = "X-Session-ID";
            options.StickyByIp = true;
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/route") { Content = Http.Json(Bodies.Route) };
        if (header is not null)
        {
            request.Headers.Add("X-Session-ID", header);
        }

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(expected, Assert.Single(host.Resolver.Queries).StickyId);
    }

    [Fact]
    public async Task HandleAsync_StickyIdTooLong_Answers400()
    {
        await using var host = await EdgeHost.StartAsync(options => options.StickyHeader = "X-Session-ID");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/route") { Content = Http.Json(Bodies.Route) };
        request.Headers.Add("X-Session-ID", new string('s', StickyKeyResolver.MaxLength + 1));

        using var response = await host.Client.SendAsync(request);

        Assert.Contains("X-Session-ID", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tier":"lite","client_ip":"81.2.69.142"}""", 51.5142)]
    [InlineData("""{"tier":"lite","client_ip":"81.2.69.142","client_lat":0,"client_lon":0}""", 51.5142)]
    [InlineData("""{"tier":"lite","client_ip":"81.2.69.142","client_lat":1,"client_lon":2}""", 1)]
    [InlineData("""{"tier":"lite","client_ip":"127.0.0.1"}""", 0)]
    [InlineData("""{"tier":"lite"}""", 0)]
    public async Task HandleAsync_Place_IsGivenOrFoundByAddress(string body, double latitude)
    {
        var database = GeoDatabases.PathOf(GeoDatabases.City);
        await using var host = await EdgeHost.StartAsync(options => options.GeoipDbPath = database);

        using var response = await host.PostAsync("/route", body);

        Assert.Equal(latitude, Assert.Single(host.Resolver.Queries).Place.Latitude, 4);
    }
}
