using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class WebSocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task HandleAsync_WebSocket_EchoesAndOutlivesTheTimeout(HttpProtocols protocol)
    {
        var limit = TimeSpan.FromMilliseconds(200);
        await using var backend = await TestServer.StartAsync(EchoAsync);
        var routes = new ScriptedRoutes(ScriptedRoutes.Host("dead", ProxyServer.DeadUrl()), ScriptedRoutes.Host("a", backend.Url));
        await using var proxy = await ProxyServer.StartAsync(routes, settings: s => s with { RequestTimeout = limit }, protocols: protocol);
        using var socket = new ClientWebSocket();
        if (protocol == HttpProtocols.Http2)
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var deadline = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Port}/ws?tier=pro"), invoker, deadline.Token);
        Assert.Equal("one", await ExchangeAsync(socket, "one", deadline.Token));
        using var silence = new PeriodicTimer(4 * limit);
        await silence.WaitForNextTickAsync(deadline.Token);

        Assert.Equal("two", await ExchangeAsync(socket, "two", deadline.Token));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", deadline.Token);
        Assert.Equal("pro", routes.Queries.Last().Tier);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task HandleAsync_WebSocketIsIdleForTooLong_EndsOnBothSides(HttpProtocols protocol)
    {
        var backendHeard = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(async context =>
        {
            try
            {
                await EchoAsync(context);
            }
            finally
            {
                backendHeard.TrySetResult();
            }
        });
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)), settings: static s => s with { WebSocketIdleTimeout = TimeSpan.FromSeconds(3) }, protocols: protocol);
        using var deadline = new CancellationTokenSource(Patience);
        using var socket = new ClientWebSocket();
        if (protocol == HttpProtocols.Http2)
        {
            socket.Options.HttpVersion = HttpVersion.Version20;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Port}/ws"), invoker, deadline.Token);
        for (var i = 0; i < 4; i++)
        {
            // A third of the limit, four times: what moves is not idle.
            await Task.Delay(TimeSpan.FromSeconds(1), deadline.Token);
            Assert.Equal("x", await ExchangeAsync(socket, "x", deadline.Token));
        }

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[10].AsMemory(), deadline.Token).AsTask());
        await backendHeard.Task.WaitAsync(deadline.Token);
    }

    [Fact]
    public async Task HandleAsync_ClientEndsTogetherWithItsCloseFrame_GetsTheBackends()
    {
        // As Chromium does it. A server that hears of the end before it has answered takes the connection for lost.
        await using var backend = await TestServer.StartAsync(static context => EchoAsync(context, beforeClose: TimeSpan.FromMilliseconds(500)));
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var client = await RawConnection.ConnectAsync(proxy.Port);
        await client.SendAsync(Opening("websocket"));
        await client.ReadUntilAsync("\r\n\r\n");

        await client.SendAsync("\u0088\u0080\u0001\u0002\u0003\u0004");
        client.EndSending();

        Assert.Equal("\u0088\u0005\u0003\u00E8bye", await client.ReadUntilAsync("bye"));
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("SPDY/3.1")]
    public async Task HandleAsync_ClientHasSentEverything_BackendHearsOfItAndItsAnswerArrives(string protocol)
    {
        const int length = 300_000;
        await using var backend = new TcpBackend(async (client, cancellation) =>
        {
            await TcpBackend.ReadHeadAsync(client, cancellation);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"), cancellation);
            using var received = new MemoryStream();
            await stream.CopyToAsync(received, cancellation);
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"{Encoding.Latin1.GetString(received.ToArray())}{new string('x', length)}end"), cancellation);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var client = await RawConnection.ConnectAsync(proxy.Port);
        await client.SendAsync(Opening(protocol));
        await client.ReadUntilAsync("\r\n\r\n");

        await client.SendAsync("last words");
        client.EndSending();

        var answer = await client.ReadUntilAsync("end");
        Assert.StartsWith("last words", answer, StringComparison.Ordinal);
        Assert.Equal("last words".Length + length + 3, answer.Length);
        Assert.Equal("", await client.ReadUntilAsync("more"));
    }

    [Fact]
    public async Task HandleAsync_HalfATunnelIsSilent_Ends()
    {
        var isOver = new TaskCompletionSource();
        await using var backend = new TcpBackend(async (client, cancellation) =>
        {
            await TcpBackend.ReadHeadAsync(client, cancellation);
            await client.GetStream().WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"u8.ToArray(), cancellation);
            await client.GetStream().CopyToAsync(Stream.Null, cancellation);
            await isOver.Task.WaitAsync(cancellation);
        });
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", backend.Url)), settings: s => s with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = await RawConnection.ConnectAsync(proxy.Port);
        await client.SendAsync(Opening("websocket"));
        await client.ReadUntilAsync("\r\n\r\n");

        client.EndSending();

        Assert.Equal("", await client.ReadUntilAsync("more"));
        isOver.SetResult();
    }

    [Fact]
    public async Task HandleAsync_BackendRefusesTheUpgrade_ItsAnswerPasses()
    {
        await using var backend = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Port}/ws"), CancellationToken.None));

        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
    }

    private static string Opening(string protocol) =>
        $"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private static async Task<string> ExchangeAsync(ClientWebSocket socket, string text, CancellationToken cancellation)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancellation);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private static Task EchoAsync(HttpContext context) => EchoAsync(context, TimeSpan.Zero);

    /// <summary>An echo without the WebSocket middleware: the test server has none.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 6455 asks for SHA-1.")]
    private static async Task EchoAsync(HttpContext context, TimeSpan beforeClose)
    {
        var upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        var key = context.Request.Headers.SecWebSocketKey.ToString();
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = accept;
        await using var stream = await upgrade.UpgradeAsync();
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[100];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }

        await Task.Delay(beforeClose, context.RequestAborted);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
    }
}
