using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sensors;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Tests.Reporting;

public sealed class LoadCheckTests
{
    [Theory]
    [InlineData(30.0, 60.0, "up 40%\n")]
    [InlineData(75.5, 60.0, "up 24%\n")]
    [InlineData(100.0, 60.0, "up 1%\n")]
    [InlineData(0.0, 0.0, "up 100%\n")]
    [InlineData(null, 60.0, "up 40%\n")]
    [InlineData(null, null, "up 1%\n")]
    public void Line_Load_IsTheShareThatIsLeft(double? cpu, double? memory, string expected) =>
        Assert.Equal(expected, LoadCheck.Line(new HostUse(cpu, memory, [])));

    [Fact]
    public void Line_Cards_CountByTheirMean() =>
        Assert.Equal("up 45%\n", LoadCheck.Line(new HostUse(10, 10, [new CardUse(0, 100, null), new CardUse(1, 10, null), new CardUse(2, null, null)])));

    [Fact]
    public async Task Connect_SendingNothing_GetsHaproxysLine()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        await using var check = await StartAsync(agent);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("up 62%\n", await AskAsync(check.Port, ""));
        }
    }

    [Theory]
    [InlineData("backend/server1\n")]
    [InlineData("\0\0\0")]
    [InlineData("POST / HTTP/1.1\r\n\r\n")]
    public async Task Connect_SendingAnythingElse_GetsTheLineToo(string sent)
    {
        await using var agent = new ReportHarness(new AgentOptions());
        await using var check = await StartAsync(agent);
        Assert.Equal("up 62%\n", await AskAsync(check.Port, sent));
    }

    [Fact]
    public async Task Get_OverHttp_GetsOrca()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        agent.Gpus.Cards = [FakeGpuSensor.Reading(new GpuIdentity("GPU-a", 2, "A100"), 42, 4L << 30, 40L << 30, 61, 220)];
        agent.Sample(new CoreCounter(0, 50, 150), new CoreCounter(1, 100, 100));
        await using var check = await StartAsync(agent);
        using var http = new HttpClient();
        using var response = await http.GetAsync($"http://127.0.0.1:{check.Port}/");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(
            """{"cpu_utilization":0.375,"mem_utilization":0.25,"application_utilization":0.42,"utilization":{"gpu2":0.42,"gpu2_memory":0.1}}""",
            body.RootElement.GetRawText());
    }

    [Fact]
    public async Task Connect_ManyThatHang_DoNotKeepOthersOut()
    {
        await using var agent = new ReportHarness(new AgentOptions());
        await using var check = await StartAsync(agent);
        var hanging = new List<TcpClient>();
        for (var i = 0; i < 100; i++)
        {
            var client = new TcpClient();
            hanging.Add(client);
            await client.ConnectAsync(IPAddress.Loopback, check.Port);
        }

        Assert.Equal("up 62%\n", await AskAsync(check.Port, ""));
        hanging.ForEach(static client => client.Dispose());
    }

    private static async Task<RunningCheck> StartAsync(ReportHarness agent)
    {
        var check = new LoadCheck(agent.Report, new AgentOptions { AgentCheckPort = 0 }, new RecordingLogger<LoadCheck>());
        await check.StartAsync(CancellationToken.None);
        return new RunningCheck(check, await check.Listening.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<string> AskAsync(int port, string sent)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(sent));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class RunningCheck(LoadCheck check, int port) : IAsyncDisposable
    {
        public int Port => port;

        public async ValueTask DisposeAsync()
        {
            await check.StopAsync(CancellationToken.None);
            check.Dispose();
        }
    }
}
