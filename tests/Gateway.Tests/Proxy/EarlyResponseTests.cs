using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Backends that answer before the upload has ended.</summary>
public sealed class EarlyResponseTests
{
    private const string Chunked = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n";
    private const string Refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(Refusal, false, "big")]
    [InlineData(Refusal, true, "big")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n0\r\n\r\n", false, "who")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n0\r\n\r\n", true, "who")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndone", true, "done")]
    public async Task HandleAsync_AnswerInTheMiddleOfTheUpload_ReachesTheClientAtOnce(string text, bool closes, string body)
    {
        await using var backend = Answering(text, closes);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var client = await RawConnection.ConnectAsync(proxy.Port);

        await client.SendAsync(Chunked);

        var answer = await new RawReader(client.Stream).ReadAsync(static _ => true, endsWithConnection: true);
        Assert.Equal((text.Split(' ')[1], body), (answer?.Target, answer?.BodyText));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HandleAsync_ClientSendsItsWholeBodyFirst_StillGetsTheRefusal(bool closes)
    {
        await using var backend = Answering(Refusal, closes);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));

        using var answer = await proxy.Client.PostAsync(new Uri("/x", UriKind.Relative), new ByteArrayContent(new byte[2 << 20])).WaitAsync(Patience);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "big"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task HandleAsync_ClientOfHttp2_GetsTheAnswerInTheMiddleOfItsUpload()
    {
        await using var backend = Answering(Refusal, closes: false);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        using var upload = new Pushed();
        request.Content = upload;

        using var answer = await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "big"), (answer.StatusCode, await answer.Content.ReadAsStringAsync().WaitAsync(Patience)));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task HandleAsync_EchoOfEveryPiece_ArrivesBeforeTheNextIsSent(HttpProtocols protocol)
    {
        await using var backend = await TestServer.StartAsync(static async context =>
        {
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: protocol);
        using var upload = new Pushed();
        if (protocol == HttpProtocols.Http1)
        {
            using var client = await RawConnection.ConnectAsync(proxy.Port);
            await client.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < 5; i++)
            {
                await client.SendAsync($"7\r\npiece-{i}\r\n");
                Assert.EndsWith($"7\r\npiece-{i}\r\n", await client.ReadUntilAsync($"piece-{i}\r\n"), StringComparison.Ordinal);
            }

            await client.SendAsync("0\r\n\r\n");
            Assert.Equal("0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"));
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/x")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = upload
        };
        using var answer = await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        await using var echo = await answer.Content.ReadAsStreamAsync();
        for (var i = 0; i < 5; i++)
        {
            await upload.SendAsync($"piece-{i}");
            var piece = new byte[7];
            await echo.ReadExactlyAsync(piece).AsTask().WaitAsync(Patience);
            Assert.Equal($"piece-{i}", Encoding.ASCII.GetString(piece));
        }

        upload.End();
        Assert.Equal(0, await echo.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task HandleAsync_AnswerIsCompleteBeforeTheUpload_TheBackendStillGetsAllOfIt()
    {
        var received = new TaskCompletionSource<string>();
        await using var backend = new TcpBackend(async (client, cancellation) =>
        {
            var message = await new RawReader(client.GetStream()).ReadAsync(
                static _ => true, endsWithConnection: false, async _ => await client.GetStream().WriteAsync("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), cancellation));
            received.TrySetResult(message?.BodyText ?? "");
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)));
        using var client = await RawConnection.ConnectAsync(proxy.Port);
        await client.SendAsync(Chunked);
        Assert.EndsWith("ok", await client.ReadUntilAsync("\r\n\r\nok"), StringComparison.Ordinal);

        await client.SendAsync("5\r\n-more\r\n0\r\n\r\n");

        Assert.Equal("body-more", await received.Task.WaitAsync(Patience));

        // Both sides are free for another request.
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Contains("HTTP/1.1 ", await client.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
    }

    /// <summary>Answers as soon as the first piece of a body has come, and then reads nothing more, or closes.</summary>
    private static TcpBackend Answering(string text, bool closes) => new(async (client, cancellation) =>
    {
        var received = "";
        var buffer = new byte[4096];
        while (!received.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            received += Encoding.Latin1.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, cancellation));
        }

        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), cancellation);
        if (!closes)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        }
    });

    /// <summary>A body that is sent piece by piece, as it is told.</summary>
    private sealed class Pushed : HttpContent
    {
        private readonly System.Threading.Channels.Channel<string> _pieces = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public ValueTask SendAsync(string piece) => _pieces.Writer.WriteAsync(piece);

        public void End() => _pieces.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await foreach (var piece in _pieces.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(piece));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
