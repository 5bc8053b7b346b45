using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class RouteTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_HostFits_AnswersEveryField(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost().JoinAsync(server);

        var reply = (await server.RouteAsync("lite", near: host)).Expect(HttpStatusCode.OK);

        Assert.Equal(host.Id, reply["client_id"].GetString());
        Assert.Equal(host.Url, reply["endpoint"].GetString());
        Assert.Equal($"{host.Id}.test", reply["hostname"].GetString());
        Assert.Equal(0, reply["distance_km"].GetDouble(), 0.001);
        Assert.Matches("^[0-9a-f]{32}$", reply["reservation_id"].GetString());
        Assert.Empty(reply["gpu_ids"].EnumerateArray());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_UserWithoutAPlace_AnswersDistanceZero(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        await new TestHost().JoinAsync(server);

        var reply = (await server.RouteAsync("tiny")).Expect(HttpStatusCode.OK);

        Assert.Equal(0, reply["distance_km"].GetDouble());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_TwoHostsFit_TakesTheLowerScore(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var near = await new TestHost { CpuUsage = [70, 70, 70, 70] }.JoinAsync(server);
        var far = await new TestHost { CpuUsage = [1, 1, 1, 1] }.JoinAsync(server);

        var byPlace = (await server.RouteAsync("lite", near: near)).Expect(HttpStatusCode.OK);
        var byOtherPlace = (await server.RouteAsync("lite", near: far)).Expect(HttpStatusCode.OK);

        Assert.Equal(near.Id, byPlace["client_id"].GetString());
        Assert.Equal(far.Id, byOtherPlace["client_id"].GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_GpuTier_NamesOneCardWithEnoughMemory(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var small = await new TestHost { FreeVram = [5, 5, 5, 5] }.JoinAsync(server);
        var large = await new TestHost { FreeVram = [4, 20] }.JoinAsync(server);

        var first = (await server.RouteAsync("gpu", near: small)).Expect(HttpStatusCode.OK);
        var second = await server.RouteAsync("gpu", near: small);

        Assert.Equal(large.Id, first["client_id"].GetString());
        Assert.Equal(1, Assert.Single(first["gpu_ids"].EnumerateArray()).GetInt32());
        Assert.True(first["distance_km"].GetDouble() > 600);
        Assert.NotEqual(large.Id, second.Status == HttpStatusCode.OK ? second["client_id"].GetString() : null);
    }

    [Theory]
    [InlineData(Shape.Embedded, """{"tier":"none-such"}""", "none-such")]
    [InlineData(Shape.Embedded, """{"client_ip":"192.0.2.1"}""", "tier")]
    [InlineData(Shape.Embedded, """{"tier":"tiny","client_ip":"999.1.1.1"}""", "client_ip")]
    [InlineData(Shape.Embedded, """{"tier":"tiny","client_lat":91,"client_lon":0}""", "client_lat")]
    [InlineData(Shape.Embedded, """{"tier":"tiny","client_lat":1,"client_lon":-180.5}""", "client_lon")]
    [InlineData(Shape.Localhost, """{"tier":"none-such"}""", "none-such")]
    [InlineData(Shape.Localhost, """{"tier":"tiny","client_ip":"999.1.1.1"}""", "client_ip")]
    public async Task Route_BadRequest_Answers400AndNamesIt(Shape shape, string body, string named)
    {
        var server = await shared.GetAsync(shape);

        var reply = await server.PostTextAsync("/route", body);

        Assert.Contains(named, reply.ExpectProblem(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_NoHostFits_Answers503WithReasonAndRetryAfter(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        await new TestHost().JoinAsync(server);

        var reply = await server.RouteAsync("huge");

        Assert.Matches(@"\d+ short of free cores", reply.ExpectProblem(HttpStatusCode.ServiceUnavailable));
        Assert.NotNull(reply.Headers.RetryAfter);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_SameSessionAgain_KeepsItsHostAndItsReservation(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [5, 95, 95, 95] }.JoinAsync(server);
        var session = Guid.NewGuid().ToString();
        var first = (await server.RouteAsync("lite", session, host)).Expect(HttpStatusCode.OK);
        await (host with { CpuUsage = [60, 95, 95, 95] }).ReportAsync(server);

        for (var i = 0; i < 10; i++)
        {
            var again = (await server.RouteAsync("lite", session, host)).Expect(HttpStatusCode.OK);
            Assert.Equal(host.Id, again["client_id"].GetString());
            Assert.Equal(first["reservation_id"].GetString(), again["reservation_id"].GetString());
        }
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_200SessionsAtOnce_ReserveExactlyTheFreeCores(Shape shape)
    {
        const int FreeCores = 8;
        var server = await shared.GetAsync(shape);
        // No other host of these tests has the disk for this tier.
        var host = await new TestHost { CpuUsage = [.. Enumerable.Repeat(10.0, FreeCores), 85, 90], DiskAvailable = 9_000_000 }.JoinAsync(server);

        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.RouteAsync("bulk", Guid.NewGuid().ToString())));

        var granted = replies.Where(static reply => reply.Status == HttpStatusCode.OK).ToList();
        Assert.Equal(FreeCores, granted.Count);
        Assert.All(granted, reply => Assert.Equal(host.Id, reply["client_id"].GetString()));
        Assert.Equal(FreeCores, granted.Select(static reply => reply["reservation_id"].GetString()).Distinct().Count());
        Assert.All(replies.Except(granted), static reply => reply.ExpectProblem(HttpStatusCode.ServiceUnavailable));
    }
}
