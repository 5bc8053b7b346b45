using System.Runtime.CompilerServices;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// A request's body that knows whether it is untouched. Only then can the request go to another host: a byte once read may be on its
/// way to the first one and cannot be had again. Also keeps the reason for which the body was refused.
/// </summary>
/// <param name="taken">Bytes that come before those of the body.</param>
/// <param name="body">The server's body.</param>
/// <param name="limit">The most bytes that there may be; null for any number.</param>
internal sealed class UntouchedBodyStream(ReadOnlyMemory<byte> taken, Stream body, long? limit) : Stream
{
    private ReadOnlyMemory<byte> _taken = taken;
    private long _count;

    /// <summary>Whether no byte has been read.</summary>
    public bool IsUntouched => _count == 0;

    /// <summary>Why the body was refused (too large, malformed), or null.</summary>
    public BadHttpRequestException? Refusal { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _taken.IsEmpty ? ReadBodyAsync(buffer, cancellationToken) : new(ReadTaken(buffer.Span));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int ReadTaken(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _taken.Length);
        _taken.Span[..count].CopyTo(buffer);
        _taken = _taken[count..];
        _count += count;
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            var count = await body.ReadAsync(buffer, cancellation);
            BodyLimit.Check(_count += count, limit);
            return count;
        }
        catch (BadHttpRequestException refusal)
        {
            Refusal = refusal;
            throw;
        }
    }
}
