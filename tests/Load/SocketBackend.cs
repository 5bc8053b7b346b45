using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Opsen.Load;

/// <summary>Accepts WebSockets and gives every byte after the handshake back. A process of its own: thousands of connections need open files of their
/// own.</summary>
internal static class SocketBackend
{
    /// <summary>The argument that makes this program one.</summary>
    public const string Command = "socket-backend";

    /// <summary>Prints its port and serves until the process ends.</summary>
    public static Task RunAsync() => AcceptAsync(ServeAsync);

    /// <summary>Prints a free port and has every connection to it served until the process ends.</summary>
    public static async Task AcceptAsync(Func<Socket, Task> serve)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(backlog: 1024);
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);
        while (true)
        {
            _ = serve(await listener.AcceptSocketAsync());
        }
    }

    /// <summary>Reads to the end of a message's head.</summary>
    public static async Task<string> ReadHeadAsync(Socket socket)
    {
        var head = new StringBuilder();
        var buffer = new byte[1024];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer);
            if (count == 0)
            {
                throw new IOException($"The connection ended in a head: {head}");
            }

            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return head.ToString();
    }

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 6455 asks for SHA-1.")]
    private static async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                var key = (await ReadHeadAsync(socket)).Split("\r\n").First(static line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase))[18..].Trim();
                var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
                await socket.SendAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
                while (true)
                {
                    // Waits without a buffer.
                    await socket.ReceiveAsync(Memory<byte>.Empty);
                    var buffer = new byte[1024];
                    var count = await socket.ReceiveAsync(buffer);
                    if (count == 0)
                    {
                        return;
                    }

                    await socket.SendAsync(buffer.AsMemory(0, count));
                }
            }
            catch (Exception gone) when (gone is SocketException or IOException)
            {
                // The other side is gone, which ends the connection.
            }
        }
    }
}
