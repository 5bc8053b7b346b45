using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Reporting;
using Opsen.Agent.Tests.Doubles;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Tests.Reporting;

public sealed class GatewayClientTests
{
    [Theory]
    [InlineData(301, GatewayOutcome.Rejected)]
    [InlineData(400, GatewayOutcome.Rejected)]
    [InlineData(401, GatewayOutcome.Refused)]
    [InlineData(403, GatewayOutcome.Refused)]
    [InlineData(404, GatewayOutcome.UnknownHost)]
    [InlineData(408, GatewayOutcome.Failed)]
    [InlineData(413, GatewayOutcome.Rejected)]
    [InlineData(415, GatewayOutcome.Rejected)]
    [InlineData(429, GatewayOutcome.Busy)]
    [InlineData(500, GatewayOutcome.Failed)]
    [InlineData(502, GatewayOutcome.Failed)]
    [InlineData(503, GatewayOutcome.Busy)]
    public async Task Report_Status_IsItsOutcome(int status, object expected)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", status);
        Assert.Equal(expected, (await ReportAsync(gateway.Url)).Outcome);
    }

    [Theory]
    [InlineData("""{"title":"Bad Request","detail":"tier is missing"}""", "400 Bad Request: tier is missing")]
    [InlineData("upstream is down", "400 Bad Request: upstream is down")]
    [InlineData("[1]", "400 Bad Request: [1]")]
    [InlineData("", "400 Bad Request")]
    public async Task Report_Problem_TellsItsDetail(string body, string expected)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 400, body);
        Assert.Equal(expected, (await ReportAsync(gateway.Url)).Detail);
    }

    [Theory]
    [InlineData("""{"status":"ok"}""", true)]
    [InlineData("""{"client_id":"a","lifecycle":"draining"}""", true)]
    [InlineData("""{"status":null}""", true)]
    [InlineData("{\"status\":\"registered\"}\n", true)]
    [InlineData("{}", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    [InlineData("<html>login</html>", false)]
    public async Task Report_Success_CountsWhenAGatewaySaysSo(string body, bool isAccepted)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 200, body);
        Assert.Equal(isAccepted ? GatewayOutcome.Accepted : GatewayOutcome.Failed, (await ReportAsync(gateway.Url)).Outcome);
    }

    [Theory]
    [InlineData("text/html; charset=utf8")]
    [InlineData("text/html; charset=windows-1252")]
    [InlineData("text/html; charset=\"no such thing\"")]
    [InlineData(";;;")]
    public async Task Report_OddContentType_IsAnAnswerLikeAnother(string contentType)
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 502, "down\nfor maintenance\u001b[31m", contentType: contentType);
        var answer = await ReportAsync(gateway.Url);
        Assert.Equal((GatewayOutcome.Failed, "502 Bad Gateway: down for maintenance [31m"), (answer.Outcome, answer.Detail));
    }

    [Theory]
    [InlineData("not HTTP at all\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 1000 OK\r\n\r\n")]
    [InlineData("")]
    public async Task Report_BrokenAnswer_Fails(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, answer);
        Assert.Equal(GatewayOutcome.Failed, (await ReportAsync($"http://{listener.LocalEndpoint}")).Outcome);
        await serving;
    }

    [Fact]
    public async Task Report_Redirect_TellsWhere()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        gateway.Answer("/stats", 308, location: "https://new.example/stats");
        var answer = await ReportAsync(gateway.Url);
        Assert.Equal(GatewayOutcome.Rejected, answer.Outcome);
        Assert.Contains("https://new.example/stats", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_ServerUrlWithPath_KeepsIt()
    {
        await using var gateway = await ScriptedGateway.StartAsync();
        _ = await ReportAsync($"{gateway.Url}/lb/");
        Assert.Equal("/lb/stats", (await gateway.NextCallAsync()).Path);
    }

    [Fact]
    public async Task Report_NobodyListens_Fails()
    {
        string url;
        await using (var gone = await ScriptedGateway.StartAsync())
        {
            url = gone.Url;
        }

        Assert.Equal(GatewayOutcome.Failed, (await ReportAsync(url)).Outcome);
    }

    private static async Task ServeAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        _ = await stream.ReadAsync(new byte[4096]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
    }

    private static async Task<GatewayAnswer> ReportAsync(string url)
    {
        var options = new AgentOptions { ServerUrl = url };
        using var http = GatewayConnection.Create(options);
        return await new GatewayClient(http, options, new FakeTimeProvider()).ReportAsync(new StatsRequest { ClientId = "id" }, CancellationToken.None);
    }
}
