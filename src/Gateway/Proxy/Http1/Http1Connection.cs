using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>
/// One connection to a backend that speaks HTTP/1.1: the bytes that have come and are not consumed yet, and who still uses it. It serves one exchange at a
/// time; request and response are independent, and the connection is free when both are complete.
/// </summary>
internal sealed class Http1Connection(Http1Pool pool, Socket socket, Stream stream, TimeProvider time) : IDisposable
{
    private const int BufferBytes = 8 * 1024;
    private const int BothParts = 2;

    private readonly long _connectedAt = time.GetTimestamp();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private ValueTask<int> _begun;
    private bool _hasBegun;
    private int _openParts;
    private volatile bool _isSpent;
    private int _isDisposed;

    /// <summary>The connection below HTTP.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Whether it has served an exchange before.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Since when it is idle, by the monotonic clock.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Whether the backend has closed the idle connection, or sent something unasked.</summary>
    public bool IsClosedByPeer
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Bytes received and not yet consumed.</summary>
    public ReadOnlyMemory<byte> Received => _buffer.AsMemory(_start, _end - _start);

    /// <summary>How long the connection exists.</summary>
    public TimeSpan Age => time.GetElapsedTime(_connectedAt);

    /// <summary>Begins an exchange by starting to read the response. False when the connection is closed or out of sync.</summary>
    public bool Begin(CancellationToken cancellation)
    {
        (_openParts, _isSpent) = (BothParts, false);
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        (_start, _end) = (0, 0);
#pragma warning disable CA2012 // Awaited once: by the first ReceiveAsync.
        _begun = Stream.ReadAsync(_buffer, cancellation);
#pragma warning restore CA2012
        _hasBegun = true;
        return !_begun.IsCompleted;
    }

    /// <summary>Consumes what has been read.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Receives more bytes. Pass the count to <see cref="Append"/>; two steps, because one async method would cost every response an
    /// allocation.</summary>
    public ValueTask<int> ReceiveAsync(CancellationToken cancellation)
    {
        if (_hasBegun)
        {
            _hasBegun = false;
            return _begun;
        }

        MakeRoom();
        return Stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
    }

    /// <summary>Adds the bytes that <see cref="ReceiveAsync"/> has read; false at the end of the connection.</summary>
    public bool Append(int count)
    {
        _end += count;
        return count > 0;
    }

    /// <summary>Reads directly into the caller's memory. The buffer must be empty.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> memory, CancellationToken cancellation)
    {
        if (_hasBegun)
        {
            throw new InvalidOperationException("The answer's head has not been read.");
        }

        return Stream.ReadAsync(memory, cancellation);
    }

    /// <summary>Waits for data without holding memory for it. The buffer must be empty.</summary>
    public ValueTask<int> WaitAsync(CancellationToken cancellation)
    {
        ReleaseBuffer();
        return Stream.ReadAsync(Memory<byte>.Empty, cancellation);
    }

    /// <summary>The connection ends with this exchange.</summary>
    public void Spend() => _isSpent = true;

    /// <summary>The request has been sent, or the response has been read, completely. After both the connection is free.</summary>
    public void EndPart()
    {
        if (Interlocked.Decrement(ref _openParts) > 0)
        {
            return;
        }

        if (_isSpent || _start != _end)
        {
            // Bytes after the response belong to no exchange: the connection is out of sync.
            Dispose();
            return;
        }

        ReleaseBuffer();
        (IsReused, IdleSince) = (true, time.GetTimestamp());
        pool.Return(this);
    }

    /// <summary>Nothing more will be sent; what the backend still sends can be read.</summary>
    public async Task EndWritingAsync()
    {
        try
        {
            if (Stream is SslStream encrypted)
            {
                await encrypted.ShutdownAsync();
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is IOException or SocketException or ObjectDisposedException)
        {
            // The other side is gone already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _isSpent = true;
            Stream.Dispose();
        }
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        }
        else if (_end == _buffer!.Length)
        {
            var length = _end - _start;
            var larger = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(2 * _buffer.Length) : _buffer;
            _buffer.AsSpan(_start, length).CopyTo(larger);
            if (larger != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }

            (_start, _end) = (0, length);
        }
    }

    private void ReleaseBuffer()
    {
        // Never while a read into the buffer may be pending: a connection disposed of then leaves it to the garbage collector.
        if (_buffer is { } buffer)
        {
            (_buffer, _start, _end) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
