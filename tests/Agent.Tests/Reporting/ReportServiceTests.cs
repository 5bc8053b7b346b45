using Opsen.Agent.Reporting;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests.Reporting;

public sealed class ReportServiceTests
{
    [Fact]
    public async Task Start_GatewayAccepts_RegistersAndReportsAtOnceThenAtTheInterval()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        for (var i = 0; i < 3; i++)
        {
            Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 54, 66);
            await gateway.ExpectAsync("/stats");
        }
    }

    [Fact]
    public async Task Start_ShortInterval_HasNoSpread()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway, options => options.ReportIntervalSeconds = 2);
        await gateway.ExpectAsync("/register", "/stats");
        Assert.Equal(TimeSpan.FromSeconds(2), await agent.Clock.NextWaitAsync());
    }

    [Fact]
    public async Task Send_KeyConfigured_CarriesItAndJson()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway, options => options.ServerKey = "secret");
        for (var i = 0; i < 2; i++)
        {
            var call = await gateway.NextCallAsync();
            Assert.Equal("POST", call.Method);
            Assert.Equal("secret", call.Headers["X-API-Key"]);
            Assert.Equal("application/json", call.Headers["Content-Type"]);
            Assert.True(call.Headers.ContainsKey("Content-Length"));
        }
    }

    [Fact]
    public async Task Report_HostForgotten_RegistersAndReportsAtOnce()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 200, """{"status":"ok"}""");
        gateway.Answer("/stats", 404);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/stats", "/register", "/stats");
    }

    [Fact]
    public async Task Report_ForgottenAgainAndAgain_WaitsBetween()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 404, times: 3);
        await using var agent = await ReportHarness.StartAsync(gateway);
        for (var i = 0; i < 3; i++)
        {
            await gateway.ExpectAsync("/register", "/stats");
            Assert.InRange((await agent.Clock.NextWaitAsync()).TotalSeconds, 54, 66);
            Assert.False(gateway.HasCall);
            agent.Clock.Advance(TimeSpan.FromSeconds(66));
        }
    }

    [Fact]
    public async Task Report_Rejected_LogsTheDetailAndWaitsForTheNext()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 400, """{"title":"Bad Request","detail":"memory_total_gb must be above 0."}""");
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 54, 66);
        await gateway.ExpectAsync("/stats");
        Assert.Contains(agent.ServiceLog.Lines, line => line.Message.Contains("memory_total_gb must be above 0.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Register_Rejected_TriesAgainAfterAMinute()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/register", 400, """{"detail":"endpoint_url is not a URL."}""");
        gateway.Answer("/register", 404);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register");
        Assert.Equal(ReportService.RejectedPause, await agent.Clock.PassNextWaitAsync());
        await gateway.ExpectAsync("/register");
        Assert.Equal(ReportService.RejectedPause, await agent.Clock.PassNextWaitAsync());
        await gateway.ExpectAsync("/register", "/stats");
        Assert.Contains(agent.ServiceLog.Lines, line => line.Message.Contains("endpoint_url is not a URL.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Register_KeyRefused_SaysWhatToChangeAndRetriesSlowly(int status)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/register", status, times: 2);
        await using var agent = await ReportHarness.StartAsync(gateway);
        for (var i = 0; i < 2; i++)
        {
            await gateway.ExpectAsync("/register");
            Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 48, 72);
        }

        await gateway.ExpectAsync("/register", "/stats");
        Assert.Contains(agent.ResilienceLog.Lines, line => line.Message.Contains("server_key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Report_GatewayAsksForTime_GivesIt(int status)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", status, retryAfter: "20");
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 20, 22);
        await gateway.ExpectAsync("/stats");
    }

    [Fact]
    public async Task Report_GatewayAsksForTimeByDate_GivesIt()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        var options = ReportHarness.Options(gateway);
        await using var agent = new ReportHarness(options);
        gateway.Answer("/stats", 503, retryAfter: agent.Clock.GetUtcNow().AddSeconds(40).ToString("R"));
        await agent.StartAsync();
        await gateway.ExpectAsync("/register", "/stats");
        Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 40, 44);
        await gateway.ExpectAsync("/stats");
    }

    [Fact]
    public async Task Report_GatewayFails_BacksOffThenOpensTheCircuit()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 500, times: 7);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register");
        double[] backoff = [1, 2, 4, 8];
        foreach (var seconds in backoff)
        {
            await gateway.ExpectAsync("/stats");
            Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 0.8 * seconds, 1.2 * seconds);
        }

        // The fifth failure opens the circuit: 16 s later nothing is sent, and the rest of the 30 s is waited for.
        await gateway.ExpectAsync("/stats");
        var since = await agent.Clock.PassNextWaitAsync();
        Assert.InRange(since.TotalSeconds, 0.8 * 16, 1.2 * 16);
        Assert.Equal(30, (since + await agent.Clock.PassNextWaitAsync()).TotalSeconds, 0.01);

        // Half-open: one call; it fails, so the circuit is open again.
        await gateway.ExpectAsync("/stats");
        since = await agent.Clock.PassNextWaitAsync();
        if (since < GatewayResilience.OpenTime)
        {
            since += await agent.Clock.PassNextWaitAsync();
        }

        Assert.InRange(since.TotalSeconds, 30, 36);
        await gateway.ExpectAsync("/stats");
        Assert.Contains(agent.ResilienceLog.Lines, line => line.Message.Contains("5 times in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Report_GatewayComesBack_ClosesTheCircuit()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 500, times: GatewayResilience.FailuresToOpen);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register");
        for (var i = 0; i < GatewayResilience.FailuresToOpen; i++)
        {
            await gateway.ExpectAsync("/stats");
            _ = await agent.Clock.PassNextWaitAsync();
        }

        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/stats");
        Assert.InRange((await agent.Clock.NextWaitAsync()).TotalSeconds, 54, 66);
        Assert.Contains(agent.ResilienceLog.Lines, line => line.Message == "The gateway answers again");
    }

    [Fact]
    public async Task Report_FourFailuresAgainAndAgain_NeverOpensTheCircuit()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        await using var agent = await ReportHarness.StartAsync(gateway, options => options.ReportIntervalSeconds = 1);
        await gateway.ExpectAsync("/register", "/stats");
        for (var round = 0; round < 4; round++)
        {
            gateway.Answer("/stats", 500, times: GatewayResilience.FailuresToOpen - 1);
            for (var i = 0; i < GatewayResilience.FailuresToOpen; i++)
            {
                _ = await agent.Clock.PassNextWaitAsync();
                await gateway.ExpectAsync("/stats");
            }
        }

        Assert.DoesNotContain(agent.ResilienceLog.Lines, line => line.Message.Contains("in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Report_AfterFailures_SendsTheNewestStateOnly()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 500);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register");
        var failed = await gateway.NextCallAsync();
        agent.Memory.Reading = new MemoryReading(8L << 30, 0);
        agent.Sample(new CoreCounter(0, 125, 75), new CoreCounter(1, 150, 50));
        _ = await agent.Clock.PassNextWaitAsync();
        var next = await gateway.NextCallAsync();
        Assert.Equal(2, failed.Body.GetProperty("memory_used_gb").GetDouble());
        Assert.Equal(4, next.Body.GetProperty("memory_used_gb").GetDouble());
        Assert.Equal([62.5, 75], next.Body.GetProperty("cpu_usage_avg").EnumerateArray().Select(core => core.GetDouble()));
    }

    [Fact]
    public async Task Report_GatewayAsksForAnHour_GivesItAMinute()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 503, retryAfter: "3600");
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register", "/stats");
        Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 60, 66);
        await gateway.ExpectAsync("/stats");
    }

    [Theory]
    [InlineData(502, "<h1>Bad Gateway</h1>", "text/html; charset=utf8")]
    [InlineData(500, "\u00e9", "text/html; charset=windows-1252")]
    [InlineData(200, "<h1>Welcome</h1>", "text/html")]
    [InlineData(200, "{", "application/json")]
    public async Task Report_WhateverAnswers_GoesOn(int status, string body, string contentType)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/register", status, body, contentType: contentType);
        gateway.Answer("/stats", status, body, contentType: contentType);
        await using var agent = await ReportHarness.StartAsync(gateway);
        await gateway.ExpectAsync("/register");
        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/register", "/stats");
        _ = await agent.Clock.PassNextWaitAsync();
        await gateway.ExpectAsync("/stats");
    }

    [Fact]
    public async Task Start_NobodyListens_KeepsTrying()
    {
        string url;
        await using (var gone = await ScriptedGateway.StartAsync())
        {
            url = gone.Url;
        }

        await using var agent = new ReportHarness(new AgentOptions { ServerUrl = url });
        await agent.StartAsync();
        double[] backoff = [1, 2, 4, 8, 16];
        foreach (var seconds in backoff)
        {
            Assert.InRange((await agent.Clock.PassNextWaitAsync()).TotalSeconds, 0.8 * seconds, 1.2 * seconds);
        }
    }
}
