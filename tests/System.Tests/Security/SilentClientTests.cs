using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>Clients that hold something open without doing their part are ended, in each direction.</summary>
public sealed class SilentClientTests(SilentClientTests.Servers servers) : IClassFixture<SilentClientTests.Servers>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task Upload_Stops_Answers408WhateverAnswerIsAskedFor(string accept)
    {
        using var client = new TcpClient("127.0.0.1", servers.Port);

        var answer = await AskAsync(
            client, $"POST /app/x HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nX-Tier: tiny\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\nsome");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r")]
    [InlineData("GET /app/x HTTP/1.1\r\nHost: x")]
    public async Task Head_DoesNotCome_IsEndedByItsOwnTimeoutAndNotByThatOfIdleConnections(string begun)
    {
        using var client = new TcpClient("127.0.0.1", servers.Port);

        // 120 s is the idle timeout.
        await AskAsync(client, begun);
    }

    /// <summary>The backend may be silent for any time; the client may not leave unread what comes.</summary>
    [Theory]
    [InlineData("/app/endless?type=text/event-stream", "*/*")]
    [InlineData("/app/endless?type=application/x-ndjson", "text/event-stream")]
    [InlineData("/app/endless?type=application/x-ndjson", "*/*")]
    public async Task Stream_IsNotRead_EndsForTheBackendToo(string path, string accept)
    {
        var ended = servers.Ended;
        using var client = new TcpClient("127.0.0.1", servers.Port);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nX-Tier: tiny\r\n\r\n"), TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync("the backend's response has ended", () => Task.FromResult(servers.Ended > ended));
    }

    /// <summary>Whatever watches over the response must not keep it from ending.</summary>
    [Theory]
    [InlineData("/app/small", "text/event-stream")]
    [InlineData("/app/small", "*/*")]
    [InlineData("/clients", "*/*")]
    [InlineData("/health", "*/*")]
    public async Task Http2Streams_GetTheirWindow_EndAtOnce(string path, string accept)
    {
        using var client = new TcpClient("127.0.0.1", servers.Port);
        var http = new RawHttp2(client.GetStream());
        await http.BeginAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(
                (200, true), await http.AskToTheEndAsync([.. RawHttp2.Get(path), ("x-tier", "tiny"), ("accept", accept)], TestContext.Current.CancellationToken).WaitAsync(Patience));
        }
    }

    [Theory]
    [InlineData("/app/endless?type=text/event-stream")]
    [InlineData("/app/endless?type=application/x-ndjson")]
    [InlineData("/app/small")]
    [InlineData("/clients")]
    [InlineData("/health")]
    public async Task Http2Streams_GetNoWindow_AreReset(string path)
    {
        using var client = new TcpClient("127.0.0.1", servers.Port);
        var http = new RawHttp2(client.GetStream());
        await http.BeginWithoutWindowAsync(TestContext.Current.CancellationToken);
        await http.AskUntilResetAsync(
            [.. Enumerable.Repeat<List<(string, string)>>([.. RawHttp2.Get(path), ("x-tier", "tiny"), ("accept", "text/event-stream")], 20)],
            TestContext.Current.CancellationToken).WaitAsync(Patience);
    }

    /// <summary>The first line of the answer; empty when there is none.</summary>
    private static async Task<string> AskAsync(TcpClient client, string text)
    {
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        try
        {
            return await new StreamReader(stream).ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience) ?? "";
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    public sealed class Servers : IAsyncLifetime
    {
        private Deployment? _gateway;
        private LocalBackend? _backend;
        private int _ended;

        public int Port => _gateway!.Address.Port;

        /// <summary>Endless responses that have ended.</summary>
        public int Ended => Volatile.Read(ref _ended);

        public async ValueTask InitializeAsync()
        {
            _backend = await LocalBackend.StartAsync(app => app.Run(AnswerAsync));
            _gateway = await Deployment.StartAsync(Shape.Embedded, static settings =>
            {
                settings["request_timeout_seconds"] = "2";
                settings["read_header_timeout_seconds"] = "1";
            });
            await new TestHost { Url = _backend.Url }.JoinAsync(_gateway);
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway!.DisposeAsync();
            await _backend!.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext context)
        {
            if (context.Request.Path != "/app/endless")
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                await context.Response.WriteAsync("small");
                return;
            }

            context.Response.ContentType = context.Request.Query["type"];
            try
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync($"data: {new string('x', 16_000)}\n\n", context.RequestAborted);
                }
            }
            finally
            {
                Interlocked.Increment(ref _ended);
            }
        }
    }
}
