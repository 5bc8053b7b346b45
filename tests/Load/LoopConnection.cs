using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.Load;

/// <summary>A connection of HTTP/1.1 that carries one request at a time. One that is lost is made anew.</summary>
internal sealed class LoopConnection : IDisposable
{
    private readonly IPEndPoint _server;
    private readonly Action<LoopConnection> _answered;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<double> _latencies = [];
    private Socket _socket;
    private long _due;
    private int _read;

    /// <summary>Connects.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="answered">Called when a request is over.</param>
    public LoopConnection(IPEndPoint server, Action<LoopConnection> answered)
    {
        (_server, _answered) = (server, answered);
        _socket = Connect();
    }

    /// <summary>Sends a request that was due at a time.</summary>
    public void Send(LoopRequest request, long due)
    {
        (_due, _read) = (due, 0);
        _ = ExchangeAsync(request);
    }

    /// <summary>The latencies so far, ms, which are forgotten.</summary>
    public double[] TakeLatencies()
    {
        double[] taken = [.. _latencies];
        _latencies.Clear();
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task ExchangeAsync(LoopRequest request)
    {
        try
        {
            await ExchangeAsync(request, isFirst: true);
        }
        catch (Exception lost) when (lost is SocketException or IOException)
        {
            _socket.Dispose();
            _socket = Connect();
        }

        _answered(this);
    }

    private async Task ExchangeAsync(LoopRequest request, bool isFirst)
    {
        try
        {
            await _socket.SendAsync(request.Bytes);
            while (!IsComplete())
            {
                var count = await _socket.ReceiveAsync(_buffer.AsMemory(_read));
                _read += count > 0 ? count : throw new IOException("The connection has ended.");
            }

            if (_buffer.AsSpan().StartsWith("HTTP/1.1 2"u8))
            {
                _latencies.Add(OpenLoop.Milliseconds(Stopwatch.GetTimestamp() - _due) - request.WorkMs);
            }
        }
        catch (Exception lost) when (isFirst && _read == 0 && (lost is SocketException or IOException))
        {
            // The server has closed an idle connection at this moment.
            _socket.Dispose();
            _socket = Connect();
            await ExchangeAsync(request, isFirst: false);
        }
    }

    private bool IsComplete()
    {
        var text = _buffer.AsSpan(0, _read);
        var head = text.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        var fields = Encoding.Latin1.GetString(text[..head]);
        if (fields.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            return text[head..].EndsWith("\r\n0\r\n\r\n"u8);
        }

        const string Length = "Content-Length: ";
        var at = fields.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            throw new InvalidDataException($"An answer without a length: {fields}");
        }

        var end = fields.IndexOf('\r', at);
        var digits = fields.AsSpan(at + Length.Length, (end < 0 ? fields.Length : end) - at - Length.Length);
        return _read >= head + 4 + int.Parse(digits, CultureInfo.InvariantCulture);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(_server);
        return socket;
    }
}
