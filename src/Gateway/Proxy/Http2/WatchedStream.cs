using System.Runtime.CompilerServices;

namespace Opsen.Gateway.Proxy.Http2;

/// <summary>
/// A connection of HTTP/2 to a backend that is asked whether it is alive: when nothing has come for <see cref="Silence"/> since a request went out, it gets
/// one PING, and is closed when that is not answered within <see cref="Patience"/>. The platform's own pings go on for as long as a stream is open, and gRPC
/// servers close connections after the third without data in between; so there are no more than two in a row here, further ones only after <see
/// cref="RarePing"/>.
/// </summary>
/// <remarks>The platform writes whole frames; between two of its writes another frame fits in. What comes is read frame by frame, because it must not see the
/// responses.</remarks>
internal sealed class WatchedStream(Stream inner, TimeProvider time, Action<WatchedStream> closed) : Stream
{
    /// <summary>How long nothing comes before a connection is asked.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>How long a response may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What servers of gRPC allow: one ping in so long a time without data.</summary>
    public static readonly TimeSpan RarePing = TimeSpan.FromMinutes(5);

    private const int PingsInARow = 2;
    private const int BufferBytes = 16 * 1024;

    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _received = new byte[BufferBytes];
    private readonly FrameFilter _frames = new();
    private int _start;
    private int _end;
    private long _waitingSince;
    private long _askedAt;
    private bool _isAsked;
    private int _pings;
    private int _isDisposed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Asks or closes the connection if it is time to. Called every second or so, and never twice at once.</summary>
    public async Task CheckAsync()
    {
        if (Volatile.Read(ref _isAsked))
        {
            if (time.GetElapsedTime(Volatile.Read(ref _askedAt)) >= Patience)
            {
                await DisposeAsync();
            }

            return;
        }

        var since = Volatile.Read(ref _waitingSince);
        if (since == 0 || time.GetElapsedTime(since) < Silence || (_pings >= PingsInARow && time.GetElapsedTime(_askedAt) < RarePing)
            || !await _writing.WaitAsync(0))
        {
            return;
        }

        try
        {
            _pings++;
            Volatile.Write(ref _askedAt, time.GetTimestamp());
            Volatile.Write(ref _isAsked, true);
            await inner.WriteAsync(FrameFilter.Ping);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // The pending read fails, which ends the exchange.
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (FrameFilter.AsksForAnswer(buffer.Span))
            {
                Interlocked.CompareExchange(ref _waitingSince, time.GetTimestamp(), 0);
            }

            await inner.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return _start < _end ? 0 : await inner.ReadAsync(buffer, cancellationToken);
        }

        while (_start == _end)
        {
            var held = _frames.TakeHeld(_received);
            var count = await inner.ReadAsync(_received.AsMemory(held), cancellationToken);
            if (count == 0)
            {
                return 0;
            }

            (_start, _end) = (0, _frames.Filter(_received.AsSpan(0, held + count)));
            Volatile.Write(ref _waitingSince, 0);
            _pings = _frames.HasSeenData ? 0 : _pings;
            _frames.HasSeenData = false;
            if (_frames.HasSeenAnswer)
            {
                _frames.HasSeenAnswer = false;
                Volatile.Write(ref _isAsked, false);
            }
        }

        var taken = Math.Min(buffer.Length, _end - _start);
        _received.AsMemory(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            closed(this);
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
