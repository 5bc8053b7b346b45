namespace Opsen.Gateway.Tests.Proxy;

/// <summary>RFC 9110, section 7.6.1: what is about one connection stays on it.</summary>
public sealed class HopByHopTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Connection", "keep-alive")]
    [InlineData("Upgrade", "odd/1")]
    [InlineData("TE", "gzip")]
    public async Task HandleAsync_HeaderOfTheConnection_DoesNotReachTheBackend(string name, string value)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var request = await exchange.ForwardAsync($"Connection: {name}", $"{name}: {value}");

        Assert.Empty(request.All(name));
        Assert.Empty(request.All("Connection"));
    }

    [Theory]
    [InlineData("Connection: X-One ,x-TWO,")]
    [InlineData("Connection: X-One", "Connection: X-Two")]
    [InlineData("Connection: X-One, \"bad\", Authorization, Content-Type, a b", "Connection: x-one;q=1, X-TWO")]
    public async Task HandleAsync_ConnectionNamesHeaders_TheyDoNotReachTheBackend(params string[] connection)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var request = await exchange.ForwardAsync([.. connection, "X-One: 1", "X-Two: 2", "X-Four: 4"]);

        Assert.Equal((null, null, "4"), (request.Joined("X-One"), request.Joined("X-Two"), request.Joined("X-Four")));
    }

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-LB-Client-ID")]
    public async Task HandleAsync_ConnectionNamesWhatTheProxyAdds_ItIsAdded(string name)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        Assert.Single((await exchange.ForwardAsync($"Connection: {name}")).All(name));
    }

    [Fact]
    public async Task HandleAsync_ConnectionNamesContentLength_TheBodyKeepsItsFrame()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var answer = await exchange.AskAsync("POST /x HTTP/1.1\r\nHost: x\r\nConnection: Content-Length, Host, Content-Type\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal(200, answer.Status);
        Assert.Equal("body", Assert.Single(exchange.Received).BodyText);
    }

    [Fact]
    public async Task HandleAsync_ClientAcceptsTrailers_TheBackendIsToldSo()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var request = await exchange.ForwardAsync("Connection: TE", "TE: trailers");

        Assert.Equal("trailers", request.Joined("TE"));
    }

    [Theory]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Connection", "keep-alive")]
    [InlineData("X-One", "1")]
    [InlineData("Upgrade", "odd/1")]
    public async Task HandleAsync_HeaderOfTheBackendsConnection_DoesNotReachTheClient(string name, string value)
    {
        await using var exchange = await RawExchange.StartAsync(
            _ => $"HTTP/1.1 200 OK\r\nConnection: other, {name.ToLowerInvariant()}\r\n{name}: {value}\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok");

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Empty(answer.All(name));
        Assert.Empty(answer.All("Connection"));
        Assert.Equal(("yes", "ok"), (answer.Joined("X-Kept"), answer.BodyText));
    }

    [Fact]
    public async Task HandleAsync_BackendClosesAfterEachAnswer_TheClientsConnectionStays()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", close: true);

        for (var i = 0; i < 3; i++)
        {
            var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal(("chunked", "to the end"), (answer.Joined("Transfer-Encoding"), answer.BodyText));
        }
    }

    [Fact]
    public async Task HandleAsync_ClientClosesAfterItsRequest_TheBackendsConnectionStays()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var request = await exchange.ForwardAsync("Connection: close");

        Assert.Empty(request.All("Connection"));
    }
}
