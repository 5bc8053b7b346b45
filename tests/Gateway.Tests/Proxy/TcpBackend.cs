using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A backend below HTTP: hands every accepted connection to a handler.</summary>
internal sealed class TcpBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _accepted;

    public TcpBackend(Func<TcpClient, CancellationToken, Task> handler)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _loop = AcceptAsync(handler);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Reads a request's head, answers with the text and resets the connection.</summary>
    public static TcpBackend AnsweringThenResetting(string answer) => new(async (client, cancellation) =>
    {
        await ReadHeadAsync(client, cancellation);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), cancellation);
        client.LingerState = new LingerOption(true, 0);
    });

    /// <summary>Reads a request's head, answers with the text and ends the connection in order.</summary>
    public static TcpBackend AnsweringThenClosing(string answer) => new(async (client, cancellation) =>
    {
        await ReadHeadAsync(client, cancellation);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), cancellation);
    });

    /// <summary>Reads a request's head, stops listening and resets the connection, as a process does that is killed.</summary>
    public static TcpBackend DyingWithItsFirstRequest()
    {
        TcpBackend? backend = null;
        backend = new(async (client, cancellation) =>
        {
            await ReadHeadAsync(client, cancellation);
            backend!._listener.Stop();
            client.LingerState = new LingerOption(true, 0);
        });
        return backend;
    }

    /// <summary>Reads to the end of a request's head.</summary>
    public static async Task<string> ReadHeadAsync(TcpClient client, CancellationToken cancellation)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await client.GetStream().ReadAsync(buffer, cancellation);
            if (count == 0)
            {
                break;
            }

            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return head.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<TcpClient, CancellationToken, Task> handler)
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                running.Add(HandleAsync(client, handler));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException || !_listener.Server.IsBound)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task HandleAsync(TcpClient client, Func<TcpClient, CancellationToken, Task> handler)
    {
        using (client)
        {
            // A peer that leaves and a test that ends are both the normal end of a connection.
            await handler(client, _stop.Token).ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
        }
    }
}
