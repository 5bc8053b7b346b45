using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>A page in Chromium that uses EventSource, WebSocket and fetch through the gateway and posts what it saw.</summary>
public sealed class BrowserTests : IAsyncLifetime
{
    private const string Page = """
        <!doctype html><meta charset="utf-8"><script>
        const events = () => new Promise((done, fail) => {
          const seen = [];
          const source = new EventSource('/app/events?tier=tiny');
          source.addEventListener('count', event => {
            // The third event comes on a second connection, which begins where the first one ended.
            if (seen.push(event.lastEventId + ':' + event.data) === 3) { source.close(); done(seen); }
          });
          source.onerror = () => { if (source.readyState === EventSource.CLOSED) fail('event source closed'); };
        });
        const socket = () => new Promise((done, fail) => {
          const seen = [];
          const socket = new WebSocket(location.origin.replace('http', 'ws') + '/app/socket?tier=tiny', 'odd-protocol');
          socket.binaryType = 'arraybuffer';
          socket.onopen = () => { socket.send('größer'); socket.send(new Uint8Array(100000)); };
          socket.onmessage = event => {
            seen.push(typeof event.data === 'string' ? event.data : event.data.byteLength);
            if (seen.length === 2) socket.close(4001, 'bye');
          };
          socket.onclose = event => done({ seen, code: event.code, reason: event.reason, clean: event.wasClean, protocol: socket.protocol });
          socket.onerror = () => fail('web socket failed');
        });
        const report = async () => {
          try {
            const result = { events: await events(), socket: await socket() };
            result.posted = await (await fetch('/app/echo?tier=tiny', { method: 'POST', body: 'a=b' })).text();
            result.protocol = performance.getEntriesByType('navigation')[0].nextHopProtocol;
            return result;
          } catch (error) { return { error: String(error) }; }
        };
        report().then(result => fetch('/app/result?tier=tiny', { method: 'POST', body: JSON.stringify(result) }));
        </script>
        """;

    private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TestCertificate _certificate = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<IAsyncDisposable> _running = [];

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running))
        {
            await running.DisposeAsync();
        }

        _certificate.Dispose();
        await DeleteAsync();
    }

    [Theory]
    [InlineData(false, "http/1.1")]
    [InlineData(true, "h2")]
    public async Task Browser_EventSourceWebSocketAndFetch_Work(bool isTls, string protocol)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The browser of this test is Debian's.");
        var browser = Tool.Require("chromium-headless-shell", "chromium-headless-shell", "chromium", "google-chrome");
        var backend = await LocalBackend.StartAsync(Serve);
        _running.Add(backend);
        var server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            if (isTls)
            {
                _certificate.Configure(settings);
            }
        });
        _running.Add(server);
        await new TestHost { Url = backend.Url }.JoinAsync(server);

        var chromium = ChildProcess.Start("chromium", browser.Path,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--remote-debugging-port=0", $"--user-data-dir={_folder.File("profile")}",
            server.Address.OriginalString + "/app/page?tier=tiny",
        ]);
        _running.Add(chromium);
        string text;
        try
        {
            text = await _result.Task.WaitAsync(Patience.Start, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"The page reported nothing.\n{string.Join('\n', chromium.Log.TakeLast(30))}");
        }

        var result = JsonElement.Parse(text);
        Assert.False(result.TryGetProperty("error", out var error), error.ToString());
        Assert.Equal(["1:one", "2:two", "3:three"], result.GetProperty("events").EnumerateArray().Select(static entry => entry.GetString()));
        var socket = result.GetProperty("socket");
        Assert.Equal("""["größer",100000]""", socket.GetProperty("seen").GetRawText());
        Assert.Equal((4001, "bye", true, "odd-protocol"), (
            socket.GetProperty("code").GetInt32(), socket.GetProperty("reason").GetString(), socket.GetProperty("clean").GetBoolean(), socket.GetProperty("protocol").GetString()));
        Assert.Equal("a=b", result.GetProperty("posted").GetString());
        Assert.Equal(protocol, result.GetProperty("protocol").GetString());
    }

    private void Serve(WebApplication app)
    {
        app.UseWebSockets();
        app.Run(context => context.Request.Path.Value switch
        {
            "/app/page" => WriteAsync(context, "text/html", Page),
            "/app/events" => StreamAsync(context),
            "/app/socket" => EchoAsync(context),
            "/app/echo" => context.Request.Body.CopyToAsync(context.Response.Body),
            "/app/result" => KeepAsync(context),
            _ => Task.CompletedTask,
        });
    }

    private static Task WriteAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    }

    private static Task StreamAsync(HttpContext context) => WriteAsync(context, "text/event-stream", context.Request.Headers["Last-Event-ID"] == "2"
        ? "event: count\nid: 3\ndata: three\n\n"
        : "retry: 50\n\nevent: count\nid: 1\ndata: one\n\nevent: count\nid: 2\ndata: two\n\n");

    private async Task KeepAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        _result.TrySetResult(await reader.ReadToEndAsync(context.RequestAborted));
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("odd-protocol");
        var buffer = new byte[200_000];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), context.RequestAborted);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, context.RequestAborted);
                return;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                await socket.SendAsync(buffer.AsMemory(0, length), part.MessageType, endOfMessage: true, context.RequestAborted);
                length = 0;
            }
        }
    }

    /// <summary>The browser's own children may write to their profile for a moment after it is gone.</summary>
    private Task DeleteAsync() => Eventually.HoldsAsync("the browser's profile is gone", () =>
    {
        try
        {
            _folder.Dispose();
            return Task.FromResult(true);
        }
        catch (IOException)
        {
            return Task.FromResult(false);
        }
    });
}
