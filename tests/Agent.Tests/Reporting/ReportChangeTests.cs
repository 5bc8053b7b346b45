using System.Net;
using Opsen.Agent.Geo;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Reporting;

/// <summary>What makes the agent report or register before it is due.</summary>
public sealed class ReportChangeTests
{
    [Fact]
    public async Task Register_BehindNat_RegistersAgainWithTheAddressThatTheGatewaySeesAndItsPlace()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.SeenAddress = "81.2.69.142";
        await using var agent = await ReportHarness.StartAsync(gateway);
        Assert.False((await gateway.NextCallAsync()).Body.TryGetProperty("public_ip", out _));
        await gateway.ExpectAsync("/stats");
        agent.Place.Find(IPAddress.Parse(gateway.SeenAddress), new Place(51.5, -0.1, "GB", "London"));
        _ = await agent.Clock.PassNextWaitAsync();
        var again = await gateway.NextCallAsync();
        Assert.Equal(
            ("/register", "81.2.69.142", 51.5, -0.1, "London"),
            (again.Path, again.Body.GetProperty("public_ip").GetString(), again.Body.GetProperty("latitude").GetDouble(),
                again.Body.GetProperty("longitude").GetDouble(), again.Body.GetProperty("city").GetString()));
        await gateway.ExpectAsync("/stats");
        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/stats");
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("nonsense")]
    public async Task Register_GatewaySeesNoPublicAddress_StaysAsItIs(string address)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.SeenAddress = address;
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/stats");
    }

    [Fact]
    public async Task Report_CardFoundLater_RegistersAgain()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        agent.Gpus.Cards = [FakeGpuSensor.Reading(new GpuIdentity("GPU-a", 0, "Card"), 10, 1, 2, 3, 4)];
        agent.Sample(new CoreCounter(0, 125, 75), new CoreCounter(1, 150, 50));
        _ = await agent.Clock.PassNextWaitAsync();
        var registration = await gateway.NextCallAsync();
        Assert.Equal("/register", registration.Path);
        Assert.Equal(1, registration.Body.GetProperty("total_gpus").GetInt32());
        await gateway.ExpectAsync("/stats");
    }

    [Fact]
    public async Task Report_MemoryFillsUp_ReportsAtOnce()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        _ = await agent.Clock.NextWaitAsync();
        agent.Memory.Reading = new MemoryReading(8L << 30, 5L << 30);
        agent.Sample(new CoreCounter(0, 50, 150), new CoreCounter(1, 100, 100));
        agent.Sample(new CoreCounter(0, 75, 225), new CoreCounter(1, 150, 150));
        Assert.False(gateway.HasCall);

        agent.Memory.Reading = new MemoryReading(8L << 30, 1L << 30);
        agent.Sample(new CoreCounter(0, 100, 300), new CoreCounter(1, 200, 200));
        var report = await gateway.NextCallAsync();
        Assert.Equal("/stats", report.Path);

        // What is free is what is free now, whatever was used on average.
        Assert.Equal(1, report.Body.GetProperty("memory_avail_gb").GetDouble());
        Assert.InRange(report.Body.GetProperty("memory_used_gb").GetDouble(), 2, 4);
    }

    [Fact]
    public async Task Report_ChangesDoNotCount_WaitsForTheInterval()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway, options => options.ReportChangePct = 0);
        await gateway.ExpectAsync("/register", "/stats");
        var wait = await agent.Clock.NextWaitAsync();
        agent.Memory.Reading = new MemoryReading(8L << 30, 0);
        for (var step = 2; step < 10; step++)
        {
            agent.Sample(new CoreCounter(0, 25 * step, 75 * step), new CoreCounter(1, 50 * step, 50 * step));
        }

        Assert.False(gateway.HasCall);
        agent.Clock.Advance(wait);
        await gateway.ExpectAsync("/stats");
    }
}
