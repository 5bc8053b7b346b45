using System.Net.Sockets;
using System.Text;
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
        private EchoServer? _backend;

        public int Port => _gateway!.Address.Port;

        public async ValueTask InitializeAsync()
        {
            _backend = await EchoServer.StartAsync("echo");
            _gateway = await Deployment.StartAsync(Shape.Embedded, static settings =>
            {
                settings["request_timeout_seconds"] = "1";
                settings["read_header_timeout_seconds"] = "1";
            });
            await new TestHost { Url = _backend.Url.ToString() }.JoinAsync(_gateway);
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway!.DisposeAsync();
            await _backend!.DisposeAsync();
        }
    }
}
