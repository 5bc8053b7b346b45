using System.Net;
using System.Net.Sockets;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Runs alone: what other tests allocate would count too.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTestsAlone;

/// <summary>What a request may allocate. New objects on every request's way fail this, so that they are a decision and no accident.</summary>
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Requests = 3000;

    // Measured: 3.3 kB, with what the test's resolver records.
    private const int MaxBytes = 3700;

    [Fact]
    public async Task ForwardAsync_SmallRequestWithoutASession_StaysInItsBudget()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var backend = new Thread(() => Serve(listener)) { IsBackground = true };
        backend.Start();
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("one", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(IPAddress.Loopback, proxy.Port);

        Ask(client);
        Ask(client);
        var least = long.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Ask(client);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        Assert.InRange(least, 1, MaxBytes);
    }

    /// <summary>Sends requests one after the other, without allocating.</summary>
    private static void Ask(Socket client)
    {
        var request = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"u8;
        Span<byte> buffer = stackalloc byte[4096];
        for (var i = 0; i < Requests; i++)
        {
            client.Send(request);
            Receive(client, buffer, "\r\n\r\nok"u8);
        }
    }

    private static void Serve(TcpListener listener)
    {
        Span<byte> buffer = stackalloc byte[4096];
        using var connection = listener.AcceptSocket();
        connection.NoDelay = true;
        while (Receive(connection, buffer, "\r\n\r\n"u8))
        {
            connection.Send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"u8);
        }
    }

    private static bool Receive(Socket socket, Span<byte> buffer, ReadOnlySpan<byte> end)
    {
        for (var length = 0; ;)
        {
            var count = socket.Receive(buffer[length..], SocketFlags.None, out var error);
            length += count;
            if (count == 0 || error != SocketError.Success)
            {
                return false;
            }

            if (buffer[..length].EndsWith(end))
            {
                return true;
            }
        }
    }
}
