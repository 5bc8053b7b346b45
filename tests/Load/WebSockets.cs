using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Load;

/// <summary>Many WebSockets through the gateway that do nothing: what they take of its memory.</summary>
internal static class WebSockets
{
    private const int Parallel = 32;

    /// <summary>What the gateway has open beside the sockets, generously.</summary>
    private const int OpenFilesBeside = 400;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    /// <summary>Opens them, waits, uses each once, waits again, and prints the memory at each point.</summary>
    /// <exception cref="InvalidOperationException">The gateway would run out of open files.</exception>
    public static async Task RunAsync(int count)
    {
        if (OpenFilesLimit() is var limit && (2 * count) + OpenFilesBeside > limit)
        {
            throw new InvalidOperationException($"{count} sockets take {2 * count} of the gateway's open files, and it may have {limit}: raise 'ulimit -n' or ask for fewer.");
        }

        await using var backend = ChildProcess.Start("backend", Environment.ProcessPath!, [SocketBackend.Command]);
        await Wait.UntilAsync("the backend's port", _ => Task.FromResult(backend.Log.Count > 0), TimeSpan.FromMinutes(1), default);
        await using var gateway = await RunningGateway.StartAsync($"http://127.0.0.1:{int.Parse(backend.Log[0], CultureInfo.InvariantCulture)}");
        var sockets = new Socket[count];
        await ForEachAsync(Math.Min(count, 100), async i => (await OpenAsync(gateway.Url)).Dispose());
        Print("before", gateway, 0);
        var before = gateway.Resident;

        var clock = Stopwatch.StartNew();
        await ForEachAsync(count, async i => sockets[i] = await OpenAsync(gateway.Url));
        Console.WriteLine($"opened {count} in {clock.Elapsed.TotalSeconds:F1} s");
        Print("opened", gateway, (gateway.Resident - before) / count);
        await SettleAsync();
        Print("idle", gateway, (gateway.Resident - before) / count);

        await ForEachAsync(count, i => ExchangeAsync(sockets[i]));
        Print("each used once", gateway, (gateway.Resident - before) / count);
        await SettleAsync();
        Print("idle again", gateway, (gateway.Resident - before) / count);
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
    }

    private static long OpenFilesLimit()
    {
        var line = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue;
    }

    private static void Print(string when, RunningGateway gateway, long each) =>
        Console.WriteLine($"{when,-16} resident {gateway.Resident >> 20,5} MB, peak {gateway.Peak >> 20,5} MB, {each / 1024.0:F1} KB for each socket");

    private static async Task SettleAsync()
    {
        using var timer = new PeriodicTimer(Settling);
        await timer.WaitForNextTickAsync();
    }

    private static Task ForEachAsync(int count, Func<int, Task> run) =>
        System.Threading.Tasks.Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (i, _) => await run(i));

    private static async Task<Socket> OpenAsync(Uri gateway)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /socket HTTP/1.1\r\nHost: {gateway.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var head = await SocketBackend.ReadHeadAsync(socket);
        return head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) ? socket : throw new IOException(head);
    }

    private static async Task ExchangeAsync(Socket socket)
    {
        var buffer = new byte[5];
        await socket.SendAsync("hello"u8.ToArray());
        for (var at = 0; at < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(at));
            at += count > 0 ? count : throw new IOException("A socket was closed.");
        }
    }
}
