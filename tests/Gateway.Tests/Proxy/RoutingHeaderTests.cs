using Microsoft.AspNetCore.Http;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class RoutingHeaderTests
{
    [Fact]
    public async Task HandleAsync_ExposeRoutingHeaders_TellsWhereTheRequestWent()
    {
        await using var backend = await TestServer.StartAsync(AnswerWithOwnHeadersAsync);
        var alive = ScriptedRoutes.Host("alive", backend.Url);
        alive = alive with { Registration = alive.Registration with { Hostname = "höst\u2028" } };
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), alive) { DistanceKm = 12.345 };
        await using var proxy = await ProxyServer.StartAsync(routes, new ServerOptions { ExposeRoutingHeaders = true });

        using var answer = await proxy.Client.GetAsync(new Uri("/x?tier=pro", UriKind.Relative));

        Assert.Equal(
            [("X-Opsen-Attempts", "2"), ("X-Opsen-Client-ID", "alive"), ("X-Opsen-Distance-Km", "12.3"), ("X-Opsen-Hostname", "h%C3%B6st%E2%80%A8"), ("X-Opsen-Tier", "pro")],
            Ours(answer));
    }

    [Fact]
    public async Task HandleAsync_RoutingHeadersAreOff_AddsNothingAndPassesTheBackendsOwn()
    {
        await using var backend = await TestServer.StartAsync(AnswerWithOwnHeadersAsync);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal([("X-Opsen-Tier", "backend's own")], Ours(answer));
    }

    private static Task AnswerWithOwnHeadersAsync(HttpContext context)
    {
        context.Response.Headers["X-Opsen-Tier"] = "backend's own";
        return context.Response.WriteAsync("ok");
    }

    private static IEnumerable<(string Name, string Value)> Ours(HttpResponseMessage answer) => answer.Headers
        .Where(header => header.Key.StartsWith("X-", StringComparison.Ordinal))
        .Select(header => (header.Key, Assert.Single(header.Value)))
        .Order();
}
