using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A proxy between a client and a backend that both speak HTTP/1.1 byte by byte.</summary>
internal sealed class RawExchange : IAsyncDisposable
{
    private readonly TcpBackend _backend;
    private readonly TestServer _proxy;
    private readonly RawConnection _client;
    private readonly RawReader _answers;

    private RawExchange(TcpBackend backend, TestServer proxy, RawConnection client)
    {
        (_backend, _proxy, _client) = (backend, proxy, client);
        _answers = new RawReader(client.Stream);
    }

    /// <summary>What the backend got.</summary>
    public ConcurrentQueue<RawMessage> Received { get; private init; } = new();

    /// <summary>Where the proxy listens.</summary>
    public int ProxyPort => _proxy.Port;

    /// <summary>Starts one whose backend answers by a rule.</summary>
    /// <param name="answer">The bytes of the answer, one a character.</param>
    /// <param name="close">Whether the backend closes the connection after each answer.</param>
    /// <param name="beforeBody">What the backend says when the head of a request has come, before its body.</param>
    /// <param name="protocols">What the proxy speaks with its clients.</param>
    public static async Task<RawExchange> StartAsync(
        Func<RawMessage, string> answer, bool close = false, string? beforeBody = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var received = new ConcurrentQueue<RawMessage>();
        var backend = new TcpBackend(async (client, cancellation) =>
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            var requests = new RawReader(stream);
            do
            {
                if (await requests.ReadAsync(static _ => true, endsWithConnection: false, _ => SayAsync(beforeBody)) is not { } request)
                {
                    return;
                }

                received.Enqueue(request);
                await SayAsync(answer(request));
            }
            while (!close);

            async Task SayAsync(string? text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text ?? ""), cancellation);
        });
        var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", backend.Url)), protocols: protocols);
        return new RawExchange(backend, proxy, await RawConnection.ConnectAsync(proxy.Port)) { Received = received };
    }

    /// <summary>Sends the bytes, one a character.</summary>
    public Task SendAsync(string text) => _client.SendAsync(text);

    /// <summary>Reads the next answer, which may be an interim one.</summary>
    public async Task<RawMessage> ReadAsync(string method = "GET") =>
        await _answers.ReadAsync(
            answer => method != "HEAD" && answer.Status >= 200 && answer.Status is not (204 or 304),
            endsWithConnection: true) ?? throw new EndOfStreamException("No answer came.");

    /// <summary>Sends a request and reads the answer.</summary>
    public async Task<RawMessage> AskAsync(string request)
    {
        await SendAsync(request);
        return await ReadAsync(request[..request.IndexOf(' ', StringComparison.Ordinal)]);
    }

    /// <summary>Sends a request with these header lines and returns what the backend got.</summary>
    public async Task<RawMessage> ForwardAsync(params string[] headers)
    {
        var answer = await AskAsync($"GET /x HTTP/1.1\r\nHost: x\r\n{string.Concat(headers.Select(static line => line + "\r\n"))}\r\n");
        Assert.True(answer.Status == 200, $"{answer.StartLine}: {answer.BodyText}");
        return Received.Last();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        await _backend.DisposeAsync();
    }
}
