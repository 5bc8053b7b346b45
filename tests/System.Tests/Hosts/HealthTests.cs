using System.Diagnostics;
using System.Text.Json;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Hosts;

/// <summary>Backends that die without traffic and come back.</summary>
public class HealthTests
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Probes_BackendIsKilledAndStartsAgain_HealthFollows(Shape shape)
    {
        await using var server = await StartAsync(shape);
        await using var backend = await EchoServer.StartAsync("backend");
        var host = await new TestHost { Url = backend.Url.OriginalString }.JoinAsync(server);
        await BecomesAsync(server, host, "healthy");

        await backend.KillAsync();

        var clock = Stopwatch.StartNew();
        await BecomesAsync(server, host, "unhealthy");
        TestContext.Current.TestOutputHelper?.WriteLine($"unhealthy after {clock.Elapsed.TotalSeconds:F1} s");

        await using var again = await EchoServer.StartAsync("backend", backend.Url);
        clock.Restart();
        await BecomesAsync(server, host, "healthy");
        TestContext.Current.TestOutputHelper?.WriteLine($"healthy after {clock.Elapsed.TotalSeconds:F1} s");
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Kill_HostsWithHealth_KeepItPerEndpoint(Shape shape)
    {
        await using var server = await StartAsync(shape, interval: "3600");
        await using var first = await EchoServer.StartAsync("first");
        await using var second = await EchoServer.StartAsync("second");
        var host = await new TestHost { Endpoints = [(first.Url.OriginalString, ["/app/v1"]), (second.Url.OriginalString, ["/app/v2"])] }.JoinAsync(server);
        var down = second.Url.OriginalString;
        await second.KillAsync();
        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();
        await Eventually.HoldsAsync("the dead endpoint is named", async () => Down(await server.FindClientAsync(host.Id)) == down);

        await using var back = await EchoServer.StartAsync("second", second.Url);
        await server.KillAsync(Victim.All);
        await server.StartMissingAsync();

        // What was stored is shown first; the probe at once then finds the endpoint back.
        await Eventually.HoldsAsync("the endpoint is back", async () => (await server.FindClientAsync(host.Id)) is { } client && Down(client) is null);
        Assert.Equal("healthy", (await server.FindClientAsync(host.Id))!.Value.GetProperty("health_status").GetString());
    }

    private static Task<Deployment> StartAsync(Shape shape, string interval = "5") => Deployment.StartAsync(shape, settings =>
    {
        settings["health_check_enabled"] = "true";
        settings["health_check_interval_seconds"] = interval;
    });

    private static string? Down(JsonElement? client) =>
        client?.TryGetProperty("down_endpoints", out var down) == true ? Assert.Single(down.EnumerateArray()).GetString() : null;

    private static Task BecomesAsync(Deployment server, TestHost host, string status) => Eventually.HoldsAsync(
        $"the host is {status}", async () => (await server.FindClientAsync(host.Id))?.GetProperty("health_status").GetString() == status);
}
