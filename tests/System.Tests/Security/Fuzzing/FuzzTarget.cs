using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security.Fuzzing;

/// <summary>Sends mutated input to a gateway and counts what comes back.</summary>
internal sealed class FuzzTarget(Uri address, StatusCounts statuses)
{
    private const int Batch = 40;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How long the gateway may take to begin or go on with a response.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(250);

    /// <summary>Nobody listens there.</summary>
    private const string OwnUrl = "http://127.0.0.1:1/";

    private static readonly TestHost Host = new() { Id = "fuzzed", Pool = "fuzzed", Url = OwnUrl, FreeVram = [20, 10] };

    private static readonly (string Path, byte[] Body)[] Calls =
    [
        ("/register", Encoding.UTF8.GetBytes(Host.Registration().ToJsonString())),
        ("/stats", Encoding.UTF8.GetBytes(Host.Report().ToJsonString())),
        ("/route", "{\"tier\":\"tiny\",\"sticky_id\":\"s\",\"latitude\":50.1,\"longitude\":8.6,\"explain\":true}"u8.ToArray()),
        ("/app/chat", "{\"model\":\"m\",\"tier\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"latitude\":50.1}"u8.ToArray()),
    ];

    private static readonly byte[][] Requests =
    [
        .. new[]
        {
            "GET /app/x?tier=tiny HTTP/1.1\r\nHost: x\r\nX-Session-ID: s\r\n\r\n",
            "GET /clients?active_only=true HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /clients/nobody/drain?deadline_seconds=5 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            "DELETE /sessions/a%2Fb HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /route HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"tier\":\"tiny\"}",
            "POST /app/up HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
            "GET /app/ws HTTP/1.1\r\nHost: x\r\nX-Tier: tiny\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            "OPTIONS /app/x HTTP/1.1\r\nHost: x\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: POST\r\nX-Tier: tiny\r\n\r\n",
            "HEAD http://x/app/x?tier=tiny HTTP/1.1\r\nHost: x\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4, ::1\r\n\r\n",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    private static ReadOnlySpan<byte> StatusLine => "HTTP/1.1 "u8;

    private static ReadOnlySpan<byte> Last => "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8;

    /// <summary>Calls with mutated bodies, which are framed as they should be.</summary>
    public async Task SendJsonAsync(Mutator mutator, int count)
    {
        for (var sent = 0; sent < count; sent += Batch)
        {
            var batch = new List<byte>();
            for (var i = 0; i < Batch; i++)
            {
                var (path, original) = Calls[mutator.Random.Next(Calls.Length)];
                var body = mutator.Mutate(original);
                while (LeavesThisMachine(body))
                {
                    body = mutator.Mutate(original);
                }

                var close = i == Batch - 1 ? "Connection: close\r\n" : "";
                batch.AddRange(Encoding.ASCII.GetBytes(
                    $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{close}Content-Length: {body.Length}\r\n\r\n"));
                batch.AddRange(body);
            }

            await ExchangeAsync([.. batch], Batch);
        }
    }

    /// <summary>Mutated requests, each on a connection of its own with a good one behind it.</summary>
    public async Task SendHttp1Async(Mutator mutator, int count)
    {
        for (var sent = 0; sent < count; sent++)
        {
            await ExchangeAsync([.. mutator.Mutate(Requests[mutator.Random.Next(Requests.Length)]), .. Last], 1);
        }
    }

    /// <summary>Connections of HTTP/2 whose frames are mutated.</summary>
    public async Task SendHttp2Async(Mutator mutator, int count)
    {
        for (var sent = 0; sent < count;)
        {
            var streams = mutator.Random.Next(1, 20);
            var frames = new List<byte>(RawHttp2.Preface);
            for (var i = 0; i < streams; i++)
            {
                var frame = RawHttp2.Request((2 * i) + 1, [.. RawHttp2.Get("/app/x?tier=tiny"), ("x-session-id", "s"), ("content-type", "application/json")]);
                frames.AddRange(mutator.Random.Next(12) == 0 ? mutator.Mutate(frame) : frame);
            }

            frames.AddRange(RawHttp2.Goodbye());
            Count(RawHttp2.StatusesIn(await SendAsync([.. frames])), streams);
            sent += streams;
        }
    }

    /// <summary>Requests that stop in the middle, and come in pieces until then.</summary>
    public async Task SendTruncatedAsync(Mutator mutator, int count)
    {
        for (var sent = 0; sent < count; sent++)
        {
            using var client = new TcpClient { NoDelay = true };
            try
            {
                await client.ConnectAsync(address.Host, address.Port);
                var stream = client.GetStream();
                ReadOnlyMemory<byte> rest = mutator.Mutate(Requests[mutator.Random.Next(Requests.Length)]);
                rest = rest[..mutator.Random.Next(rest.Length + 1)];
                while (!rest.IsEmpty)
                {
                    var piece = Math.Min(rest.Length, mutator.Random.Next(1, 40));
                    await stream.WriteAsync(rest[..piece]);
                    rest = rest[piece..];
                    await Task.Delay(mutator.Random.Next(3));
                }

                if (mutator.Random.Next(2) == 0)
                {
                    client.LingerState = new LingerOption(true, 0);
                }
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // Refused before it was complete.
            }
        }
    }

    /// <summary>Sends requests of HTTP/1.1 and counts their responses.</summary>
    /// <param name="bytes">What to send.</param>
    /// <param name="requests">How many requests it should be; those without a response are counted too.</param>
    private async Task ExchangeAsync(byte[] bytes, int requests) => Count(StatusesIn(await SendAsync(bytes)), requests);

    private void Count(IEnumerable<int> answers, int requests)
    {
        foreach (var status in answers)
        {
            statuses.Add(status);
            requests--;
        }

        statuses.Add(0, Math.Max(0, requests));
    }

    /// <summary>Sends all at once and returns what comes back until the gateway closes. When nothing comes for a while, nothing more will be sent.</summary>
    private async Task<byte[]> SendAsync(byte[] bytes)
    {
        using var received = new MemoryStream();
        using var client = new TcpClient { NoDelay = true };
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            await client.ConnectAsync(address.Host, address.Port, limit.Token);
            var stream = client.GetStream();
            var reading = stream.CopyToAsync(received, limit.Token);
            await stream.WriteAsync(bytes, limit.Token);
            for (var length = -1L; !reading.IsCompleted && received.Length != length;)
            {
                length = received.Length;
                await Task.WhenAny(reading, Task.Delay(Silence, limit.Token));
            }

            client.Client.Shutdown(SocketShutdown.Send);
            await reading;
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            // Reset, after or in the middle of a response.
        }

        return received.ToArray();
    }

    /// <summary>Whether a host would be somewhere else: its URL was changed.</summary>
    private static bool LeavesThisMachine(ReadOnlySpan<byte> body) => body.Count("://"u8) > (body.IndexOf(Encoding.ASCII.GetBytes(OwnUrl)) < 0 ? 0 : 1);

    private static IEnumerable<int> StatusesIn(byte[] received)
    {
        for (var at = received.AsSpan().IndexOf(StatusLine); at >= 0;)
        {
            if (at + 12 <= received.Length && int.TryParse(received.AsSpan(at + 9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            {
                yield return status;
            }

            var next = received.AsSpan(at + StatusLine.Length).IndexOf(StatusLine);
            at = next < 0 ? -1 : at + StatusLine.Length + next;
        }
    }
}
