using System.Net;
using System.Text.Json;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class SessionTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task List_SessionsOfAHost_ShowsEachOnceOverThePages(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost().JoinAsync(server);
        var expected = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            var session = NewSession();
            expected.Add($"{session}/tiny");
            (await server.RouteAsync("tiny", session, near: host)).Expect(HttpStatusCode.OK);
        }

        expected.Add($"{expected[0].Split('/')[0]}/lite");
        var reservation = (await server.RouteAsync("lite", expected[0].Split('/')[0], near: host)).Expect(HttpStatusCode.OK)["reservation_id"].GetString();

        var found = new List<JsonElement>();
        for (var after = "0"; after is not null;)
        {
            var page = (await server.GetAsync($"/sessions?client_id={host.Id}&limit=3&after={after}")).Expect(HttpStatusCode.OK);
            Assert.InRange(page["sessions"].GetArrayLength(), 1, 3);
            found.AddRange(page["sessions"].EnumerateArray());
            after = page.Json.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        Assert.Equal(expected, found.Select(one => $"{one.GetProperty("sticky_id")}/{one.GetProperty("tier")}"));
        Assert.All(found, one => Assert.Equal(host.Id, one.GetProperty("client_id").GetString()));
        Assert.Equal(reservation, found[^1].GetProperty("reservation_id").GetString());
        Assert.InRange(found[^1].GetProperty("created_at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal(0, found[^1].GetProperty("gpu_ids").GetArrayLength());
    }

    [Theory]
    [InlineData(Shape.Embedded, "plain")]
    [InlineData(Shape.Localhost, "plain")]
    [InlineData(Shape.Embedded, "a/b")]
    [InlineData(Shape.Embedded, "100%2F")]
    [InlineData(Shape.Embedded, "a b?c#d")]
    [InlineData(Shape.Embedded, "dots..")]
    public async Task Delete_KnownSession_EndsItAndFreesItsReservation(Shape shape, string name)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 95] }.JoinAsync(server);
        var session = $"{name} {NewSession()}";
        var path = $"/sessions/{Uri.EscapeDataString(session)}";
        Assert.Equal(host.Id, await TargetAsync(server, host, session));
        Assert.NotEqual(host.Id, await TargetAsync(server, host, NewSession()));
        var shown = (await server.GetAsync(path)).Expect(HttpStatusCode.OK)["sessions"];
        Assert.Equal(session, Assert.Single(shown.EnumerateArray()).GetProperty("sticky_id").GetString());

        Assert.Empty((await server.SendAsync(HttpMethod.Delete, path, null)).Expect(HttpStatusCode.NoContent).Text);

        (await server.GetAsync(path)).ExpectProblem(HttpStatusCode.NotFound);
        (await server.SendAsync(HttpMethod.Delete, path, null)).ExpectProblem(HttpStatusCode.NotFound);
        Assert.Equal(host.Id, await TargetAsync(server, host, NewSession()));
        // The ended session is a new one now, and its host is taken.
        Assert.NotEqual(host.Id, await TargetAsync(server, host, session));
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Route_FiveHundredFirstRequestsOfOneSessionAtOnce_GetOneHostAndOneReservation(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = await new TestHost { CpuUsage = [10, 20, 95] }.JoinAsync(server);
        var session = NewSession();

        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => server.RouteAsync("lite", session, near: host)));

        Assert.All(replies, reply => Assert.Equal(HttpStatusCode.OK, reply.Status));
        Assert.Equal(host.Id, Assert.Single(replies.Select(reply => reply["client_id"].GetString()).Distinct()));
        Assert.Single(replies.Select(reply => reply["reservation_id"].GetString()).Distinct());

        // Of the two free cores one is left.
        Assert.Equal(host.Id, await TargetAsync(server, host, NewSession()));
        Assert.NotEqual(host.Id, await TargetAsync(server, host, NewSession()));
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=many", "limit")]
    [InlineData("?after=-1", "after")]
    [InlineData("?after=x", "after")]
    public async Task List_ValueThatCannotBe_IsRefusedByName(string query, string field)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        Assert.Contains(field, (await server.GetAsync("/sessions" + query)).ExpectProblem(HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_OtherMethods_AreRefusedWithAllow()
    {
        var server = await shared.GetAsync(Shape.Embedded);

        Assert.Contains("GET", (await server.SendAsync(HttpMethod.Post, "/sessions", null)).Expect(HttpStatusCode.MethodNotAllowed).Allow);
        Assert.Contains("DELETE", (await server.SendAsync(HttpMethod.Put, "/sessions/x", null)).Expect(HttpStatusCode.MethodNotAllowed).Allow);
    }

    private static string NewSession() => Guid.NewGuid().ToString("N");

    private static async Task<string?> TargetAsync(Deployment server, TestHost near, string session)
    {
        var reply = await server.RouteAsync("lite", session, near);
        return reply.Status == HttpStatusCode.OK ? reply["client_id"].GetString() : null;
    }
}
