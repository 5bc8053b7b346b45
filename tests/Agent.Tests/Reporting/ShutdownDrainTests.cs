using Opsen.Agent.Reporting;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests.Reporting;

public sealed class ShutdownDrainTests
{
    private const string DrainPath = "/clients/id-1/drain";

    [Fact]
    public async Task Stop_RegisteredHost_IsDrainedWithTheKey()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await StartAsync(gateway, options => options.ServerKey = "secret");

        await agent.StopAsync();

        var call = await gateway.NextCallAsync();
        Assert.Equal(("POST", DrainPath + "?reason=shutdown", "secret"), (call.Method, call.Path, call.Headers["X-API-Key"]));
        Assert.Contains("no new sessions", Assert.Single(agent.DrainLog.Lines).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_DrainIsOff_SaysNothing()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await StartAsync(gateway, options => options.DrainOnShutdown = false);

        await agent.StopAsync();

        Assert.False(gateway.HasCall);
    }

    [Fact]
    public async Task Stop_NeverRegistered_SaysNothing()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/register", 400);
        await using var agent = new ReportHarness(new AgentOptions { ServerUrl = gateway.Url });
        await agent.StartAsync();
        Assert.Equal("/register", (await gateway.NextCallAsync()).Path);
        Assert.Equal(ReportService.RejectedPause, await agent.Clock.NextWaitAsync());

        await agent.StopAsync();

        Assert.False(gateway.HasCall);
    }

    [Fact]
    public async Task Stop_GatewaySilent_GivesUpAfterItsPatience()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await StartAsync(gateway);
        gateway.FallSilent(DrainPath);

        var stop = agent.StopAsync();
        await gateway.NextCallAsync();
        Assert.False(stop.IsCompleted);
        agent.Clock.Advance(ShutdownDrain.Patience);

        await stop;
        Assert.Contains("no answer within 3 s", Assert.Single(agent.DrainLog.Lines).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_GatewayRefuses_IsLoggedAndEnds()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await StartAsync(gateway);
        gateway.Answer(DrainPath, 404);

        await agent.StopAsync();

        Assert.Contains("404", Assert.Single(agent.DrainLog.Lines).Message, StringComparison.Ordinal);
    }

    private static async Task<ReportHarness> StartAsync(ScriptedGateway gateway, Action<AgentOptions>? configure = null)
    {
        var options = new AgentOptions { ServerUrl = gateway.Url };
        configure?.Invoke(options);
        var agent = new ReportHarness(options);
        await agent.StartAsync();
        Assert.Equal("/register", (await gateway.NextCallAsync()).Path);
        Assert.Equal("/stats", (await gateway.NextCallAsync()).Path);
        await agent.Clock.NextWaitAsync();
        return agent;
    }
}
