using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>Names that outsiders make up fill the database to a limit, and what is there goes on.</summary>
public class StorageLimitTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Names_MoreThanThereMayBe_AreRefusedAndOthersGoOn(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings =>
        {
            settings["max_sessions"] = "3";
            settings["max_hosts"] = "3";
            settings["max_pools"] = "1";
        });
        var (first, second, third) = (new TestHost(), new TestHost { Pool = "made-up" }, new TestHost { Pool = "another" });
        await first.JoinAsync(server);
        (await server.PostPatientlyAsync("/register", second.Registration())).Expect(HttpStatusCode.OK);

        Refused(await server.PostPatientlyAsync("/register", third.Registration()), "fleet-full", "max_pools");
        (await server.PostPatientlyAsync("/register", (third with { Pool = null }).Registration())).Expect(HttpStatusCode.OK);
        Refused(await server.PostPatientlyAsync("/register", new TestHost().Registration()), "fleet-full", "max_hosts");
        (await server.PostPatientlyAsync("/register", first.Registration())).Expect(HttpStatusCode.OK);

        foreach (var number in Enumerable.Range(0, 3))
        {
            (await server.RouteAsync("tiny", $"s{number}")).Expect(HttpStatusCode.OK);
        }

        Refused(await server.RouteAsync("tiny", "s3"), "sessions-full", "max_sessions");
        (await server.RouteAsync("tiny", "s0")).Expect(HttpStatusCode.OK);
        if (shape == Shape.Embedded)
        {
            var metrics = await server.Http.GetStringAsync(new Uri(server.Admin, "/metrics"), TestContext.Current.CancellationToken);
            Assert.Contains("opsen_sessions_stored", metrics, StringComparison.Ordinal);
        }

        (await server.SendAsync(HttpMethod.Delete, "/sessions/s1", null)).Expect(HttpStatusCode.NoContent);
        (await server.RouteAsync("tiny", "s3")).Expect(HttpStatusCode.OK);
    }

    private static void Refused(Reply reply, string type, string key)
    {
        Assert.Contains(key, reply.ExpectProblem(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.EndsWith(":" + type, reply["type"].GetString(), StringComparison.Ordinal);
        Assert.NotNull(reply.Headers.RetryAfter);
    }
}
