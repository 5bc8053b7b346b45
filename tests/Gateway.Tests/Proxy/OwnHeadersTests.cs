using Opsen.Gateway.Proxy.Headers;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class OwnHeadersTests
{
    private static readonly string[] Written = ["X-LB-Client-ID", "X-LB-Hostname", "X-LB-GPU-IDs", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

    [Fact]
    public async Task HandleAsync_HeadersThatDifferByUnderscores_AreDroppedAndOthersPass()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var forged = Written.SelectMany(static name =>
            new[] { name.Replace('-', '_'), name.Replace("X-", "X_", StringComparison.Ordinal), name.ToUpperInvariant().Replace('-', '_') });

        var request = await exchange.ForwardAsync([.. forged.Select(static name => $"{name}: forged"), "X_Other: mine", "My_X-LB-Hostname: mine"]);

        Assert.DoesNotContain(request.Headers, static header => header.Value.Contains("forged", StringComparison.Ordinal));
        Assert.Equal(("mine", "mine"), (request.Joined("X_Other"), request.Joined("My_X-LB-Hostname")));
        Assert.Equal("a", request.Joined("X-LB-Client-ID"));
    }

    [Theory]
    [InlineData("Via", true)]
    [InlineData("x_lb_gpu-ids", true)]
    [InlineData("X-Forwarded-Port", false)]
    public void IsOwn_Name_ComparesWithoutCaseAndUnderscore(string name, bool expected) => Assert.Equal(expected, OwnHeaders.IsOwn(name));

    [Theory]
    [InlineData("get")]
    [InlineData("Post")]
    [InlineData("MixedCase")]
    public async Task HandleAsync_MethodInOddCase_KeepsIt(string method)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.StartsWith(method + " /x ", Assert.Single(exchange.Received).StartLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OPTIONS", "0", 204, null)]
    [InlineData("TRACE", "0", 405, null)]
    [InlineData("OPTIONS", "1", 200, "0")]
    [InlineData("TRACE", "10", 200, "9")]
    [InlineData("GET", "0", 200, "0")]
    [InlineData("OPTIONS", "some", 200, "some")]
    public async Task HandleAsync_MaxForwards_CountsTheGateway(string method, string value, int status, string? passed)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\nMax-Forwards: {value}\r\n\r\n");

        Assert.Equal((status, passed), (answer.Status, exchange.Received.SingleOrDefault()?.Joined("Max-Forwards")));
        Assert.Equal(passed is null, answer.Joined("Allow") is not null);
    }
}
