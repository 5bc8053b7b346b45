namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Bodies, their lengths, trailers and interim answers on HTTP/1.1 connections.</summary>
public sealed class MessageFramingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody!")]
    [InlineData("Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody")]
    [InlineData("Content-Length: 4, 5\r\n\r\nbody!")]
    [InlineData("Content-Length: -1\r\n\r\n")]
    [InlineData("Content-Length: 4x\r\n\r\nbody")]
    [InlineData("Transfer-Encoding: gzip\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, gzip\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nbodyX\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("X Y: 1\r\n\r\n")]
    [InlineData("X-A : 1\r\n\r\n")]
    [InlineData("X-A: 1\r\n folded\r\n\r\n")]
    [InlineData("X-A: 1\0\r\n\r\n")]
    [InlineData("Host: y\r\n\r\n")]
    public async Task HandleAsync_AmbiguousOrBrokenFraming_IsRefusedAndNothingIsAnswered(string rest)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        await exchange.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\n" + rest);

        Assert.Equal(400, (await exchange.ReadAsync()).Status);
        Assert.Empty(exchange.Received);
    }

    [Fact]
    public async Task HandleAsync_LengthAndChunks_ChunksCountAndTheConnectionEnds()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var answer = await exchange.AskAsync(
            "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");

        // RFC 9112, section 6.3: refused, or read as chunks with the length left out and nothing read behind it.
        var request = Assert.Single(exchange.Received);
        Assert.Equal((200, "close"), (answer.Status, answer.Joined("Connection")));
        Assert.Equal(("body", null), (request.BodyText, request.Joined("Content-Length")));
    }

    [Theory]
    [InlineData("GET", "", null, null)]
    [InlineData("POST", "Content-Length: 0\r\n", "0", null)]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n", null, "chunked")]
    [InlineData("DELETE", "", null, null)]
    public async Task HandleAsync_EmptyBody_KeepsItsFrame(string method, string frame, string? length, string? coding)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\n{frame}\r\n{(coding is null ? "" : "0\r\n\r\n")}");

        var request = Assert.Single(exchange.Received);
        Assert.Equal((length, coding, 0), (request.Joined("Content-Length"), request.Joined("Transfer-Encoding"), request.Body.Length));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("OPTIONS")]
    public async Task HandleAsync_HeadersOfABodyThatIsNotThere_ItIsNotThereForTheBackendEither(string method)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Language: xx\r\n\r\n");

        var request = Assert.Single(exchange.Received);
        Assert.Equal((null, null), (request.Joined("Transfer-Encoding"), request.Joined("Content-Length")));
        Assert.Equal(("text/plain", "xx"), (request.Joined("Content-Type"), request.Joined("Content-Language")));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("ODD")]
    public async Task HandleAsync_BodyOfAnyMethod_Passes(string method)
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal("body", Assert.Single(exchange.Received).BodyText);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"e\"\r\n\r\n", 200, "1234")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\n\r\n", 200, null)]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 99\r\n\r\n", 304, "99")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, null)]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, null)]
    [InlineData("HEAD", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, null)]
    [InlineData("GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 205, "0")]
    [InlineData("GET", "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", 599, "0")]
    public async Task HandleAsync_AnswerWithoutBody_KeepsItsLength(string method, string text, int status, string? length)
    {
        await using var exchange = await RawExchange.StartAsync(_ => text);
        for (var i = 0; i < 2; i++)
        {
            var answer = await exchange.AskAsync($"{method} /x HTTP/1.1\r\nHost: x\r\n\r\n");

            Assert.Equal((status, length), (answer.Status, answer.Joined("Content-Length")));
        }
    }

    [Fact]
    public async Task HandleAsync_AnswerWithTrailers_TheyReachTheClient()
    {
        await using var exchange = await RawExchange.StartAsync(
            static _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\nX-Other: a\r\n\r\n");

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\nConnection: TE\r\nTE: trailers\r\n\r\n");

        Assert.Equal(("body", "X-Sum"), (answer.BodyText, answer.Joined("Trailer")));
        Assert.Contains(("X-Sum", "42"), answer.Trailers);
    }

    [Fact]
    public async Task HandleAsync_RequestWithTrailers_TheBodyPassesAndTheyAreDropped()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok);

        var answer = await exchange.AskAsync("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("body", Assert.Single(exchange.Received).BodyText);
    }

    [Fact]
    public async Task HandleAsync_InterimAnswers_AreDroppedAndTheFinalOnePasses()
    {
        await using var exchange = await RawExchange.StartAsync(
            static _ => "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok);

        var answer = await exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((200, null), (answer.Status, answer.Joined("Link")));
    }

    [Fact]
    public async Task HandleAsync_ExpectContinue_TheBackendDecidesWhetherTheBodyIsSent()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => Ok, beforeBody: "HTTP/1.1 100 Continue\r\n\r\n");

        await exchange.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal(100, (await exchange.ReadAsync()).Status);
        await exchange.SendAsync("body");

        Assert.Equal(200, (await exchange.ReadAsync()).Status);
        var request = Assert.Single(exchange.Received);
        Assert.Equal(("body", "100-continue"), (request.BodyText, request.Joined("Expect")));
    }

    [Fact]
    public async Task HandleAsync_ExpectContinueRefusedByTheBackend_TheClientIsNotAskedForTheBody()
    {
        await using var exchange = await RawExchange.StartAsync(
            static _ => "", close: true, beforeBody: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");

        await exchange.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");

        var answer = await exchange.ReadAsync();
        Assert.Equal((417, "no"), (answer.Status, answer.BodyText));
    }

    [Fact]
    public async Task HandleAsync_PipelinedRequests_AreAnsweredInOrder()
    {
        await using var exchange = await RawExchange.StartAsync(
            static request => $"HTTP/1.1 200 OK\r\nContent-Length: {request.Target.Length}\r\n\r\n{request.Target}");

        await exchange.SendAsync(string.Concat(Enumerable.Range(0, 5).Select(static i => $"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n")));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal($"/{i}", (await exchange.ReadAsync()).BodyText);
        }
    }

    [Fact]
    public async Task HandleAsync_Http10Client_GetsTheAnswerToTheEndOfTheConnection()
    {
        await using var exchange = await RawExchange.StartAsync(static _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");

        var answer = await exchange.AskAsync("GET /x HTTP/1.0\r\n\r\n");

        Assert.Equal(("body", null), (answer.BodyText, answer.Joined("Transfer-Encoding")));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n")]
    public async Task HandleAsync_AnswerBreaksOff_TheClientSeesThatItIsIncomplete(string text)
    {
        await using var exchange = await RawExchange.StartAsync(_ => text, close: true);

        await Assert.ThrowsAnyAsync<IOException>(() => exchange.AskAsync("GET /x HTTP/1.1\r\nHost: x\r\n\r\n"));
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Bad: a\u0001b\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n")]
    public async Task HandleAsync_AnswerIsNoHttp_Answers502(string text)
    {
        await using var exchange = await RawExchange.StartAsync(_ => text, close: true);

        var answer = await exchange.AskAsync("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((502, "application/problem+json"), (answer.Status, answer.Joined("Content-Type")));
    }
}
