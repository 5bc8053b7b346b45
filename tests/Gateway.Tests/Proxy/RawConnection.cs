using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A TCP connection that sends exactly the bytes it is told.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private NetworkStream? _stream;

    public NetworkStream Stream => _stream ?? throw new InvalidOperationException("Not connected.");

    public static async Task<RawConnection> ConnectAsync(int port)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public async Task SendAsync(string text)
    {
        await Stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);
        await Stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Reads until the text has come or the other side has closed.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!received.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await Stream.ReadAsync(buffer, deadline.Token);
            if (count == 0)
            {
                break;
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return received.ToString();
    }

    /// <summary>Nothing more will be sent.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset, as a client does that is killed.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    public void Dispose() => _client.Dispose();
}
