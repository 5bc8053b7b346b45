using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Stands between a client and a server, and can lose connections without a word, as a router does that has forgotten them.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly ConcurrentBag<Box> _open = [];
    private readonly TcpBackend _listener;

    public Relay(int port) => _listener = new TcpBackend(async (client, cancellation) =>
    {
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, port, cancellation);
        var box = new Box();
        _open.Add(box);
        await Task.WhenAny(CopyAsync(client, server, box, cancellation), CopyAsync(server, client, box, cancellation));
    });

    public string Url => _listener.Url;

    public int Accepted => _listener.Accepted;

    /// <summary>From now on nothing that comes over the connections that are open goes on; new ones are well.</summary>
    public void SwallowWhatIsOpen()
    {
        foreach (var connection in _open)
        {
            connection.IsSwallowed = true;
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private static async Task CopyAsync(TcpClient from, TcpClient to, Box box, CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        while (await from.GetStream().ReadAsync(buffer, cancellation) is > 0 and var count)
        {
            if (!box.IsSwallowed)
            {
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), cancellation);
            }
        }
    }

    private sealed class Box
    {
        public volatile bool IsSwallowed;
    }
}
