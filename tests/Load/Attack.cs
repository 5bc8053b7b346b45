using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Load;

/// <summary>Attacks a gateway on this machine until the process is killed, and prints once a second how many connections it has opened.</summary>
internal static class Attack
{
    /// <summary>The argument that makes this program one.</summary>
    public const string Command = "attack";

    private const int FloodAddresses = 100_000;

    private static readonly TimeSpan Drip = TimeSpan.FromSeconds(3);

    private static long _count;

    /// <summary>Attacks.</summary>
    /// <param name="kind">"slow" or "flood".</param>
    /// <param name="port">The gateway's port.</param>
    /// <param name="number">Connections, or requests a second.</param>
    public static async Task RunAsync(string kind, int port, int number)
    {
        _ = kind == "slow" ? SlowAsync(port, number) : FloodAsync(port, number);
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            Console.WriteLine(Volatile.Read(ref _count));
        }
    }

    /// <summary>Keeps connections open that send a byte of a head now and then; those that are ended are opened again.</summary>
    private static async Task SlowAsync(int port, int count)
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(i * 5000.0 / count));
            while (true)
            {
                try
                {
                    using var socket = await ConnectAsync(port, 0x7F14_0000u + (uint)i);
                    Interlocked.Increment(ref _count);
                    await socket.SendAsync("GET /x HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray());
                    while (true)
                    {
                        await Task.Delay(Drip);
                        await socket.SendAsync("a"u8.ToArray());
                    }
                }
                catch (Exception ended) when (ended is SocketException)
                {
                    // By the gateway's timeout.
                }
            }
        }));
    }

    private static async Task FloodAsync(int port, int perSecond)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            for (; _count < clock.Elapsed.TotalSeconds * perSecond; _count++)
            {
                _ = AskOnceAsync(port, 0x7F1E_0000u + (uint)(_count % FloodAddresses));
            }

            await Task.Delay(1);
        }

    }

    private static async Task AskOnceAsync(int port, uint address)
    {
        try
        {
            using var socket = await ConnectAsync(port, address);
            await socket.SendAsync("GET /x?tier=lite HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
            await SocketBackend.ReadHeadAsync(socket);
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            // Refused, which is an answer too.
        }
    }

    /// <summary>Connects from an address of this machine.</summary>
    public static async Task<Socket> ConnectAsync(int port, uint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint((uint)IPAddress.HostToNetworkOrder((int)address), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
