using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.System.Tests.Harness;

/// <summary>A backend that reads a request's head and a little of its body, counts it and resets the connection.</summary>
internal sealed class ResettingBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _received;

    public ResettingBackend()
    {
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Requests of which it has got at least a byte of the body.</summary>
    public int Received => Volatile.Read(ref _received);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await ReceiveAsync(client.GetStream());
                client.LingerState = new LingerOption(true, 0);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private async Task ReceiveAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (await stream.ReadAsync(buffer, _stop.Token) is > 0 and var count)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            var head = text.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && text.Length > head + 4)
            {
                Interlocked.Increment(ref _received);
                return;
            }
        }
    }
}
