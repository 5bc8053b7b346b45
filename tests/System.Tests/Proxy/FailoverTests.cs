using System.Net;
using System.Text.Json.Nodes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Proxy;

public class FailoverTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_BackendDies_EveryRequestIsAnsweredByTheOther(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings =>
        {
            settings["health_check_enabled"] = "true";
            settings["health_check_interval_seconds"] = "1";
        });
        await using var first = await EchoServer.StartAsync("first");
        await using var second = await EchoServer.StartAsync("second");
        await new TestHost { Url = first.Url.OriginalString }.JoinAsync(server);
        await new TestHost { Url = second.Url.OriginalString }.JoinAsync(server);
        var (dying, other) = await NameAsync(server.GetAsync("/app/x?tier=tiny", ("X-Session-ID", "s"))) == "first" ? (first, second) : (second, first);

        await dying.KillAsync();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(other.Name, await NameAsync(server.GetAsync("/app/x?tier=tiny", ("X-Session-ID", "s"))));
            Assert.Equal(other.Name, await NameAsync(server.PostAsync("/app/x", new JsonObject { ["tier"] = "tiny", ["n"] = i })));
            Assert.Equal(other.Name, await NameAsync(server.GetAsync("/app/x?tier=tiny")));
        }
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_EveryBackendIsDead_Answers502(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape);
        await using var echo = await EchoServer.StartAsync("echo");
        await new TestHost { Url = echo.Url.OriginalString }.JoinAsync(server);
        await echo.KillAsync();

        var reply = await server.GetAsync("/app/x?tier=tiny");

        reply.ExpectProblem(HttpStatusCode.BadGateway);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Health_BackendDies_IsSeenAndNothingIsRoutedToIt(Shape shape)
    {
        await using var server = await Deployment.StartAsync(shape, static settings =>
        {
            settings["health_check_enabled"] = "true";
            settings["health_check_type"] = "http";
            settings["health_check_interval_seconds"] = "1";
        });
        await using var echo = await EchoServer.StartAsync("echo");
        var host = await new TestHost { Url = echo.Url.OriginalString }.JoinAsync(server);
        await Eventually.HoldsAsync("the host is healthy", () => HasHealthAsync(server, host, "healthy"));

        await echo.KillAsync();

        await Eventually.HoldsAsync("the host is unhealthy", () => HasHealthAsync(server, host, "unhealthy"));
        (await server.RouteAsync("tiny")).ExpectProblem(HttpStatusCode.ServiceUnavailable);
    }

    private static async Task<string?> NameAsync(Task<Reply> reply) => (await reply).Expect(HttpStatusCode.OK)["name"].GetString();

    private static async Task<bool> HasHealthAsync(Deployment server, TestHost host, string status) =>
        (await server.FindClientAsync(host.Id))?.GetProperty("health_status").GetString() == status;
}
