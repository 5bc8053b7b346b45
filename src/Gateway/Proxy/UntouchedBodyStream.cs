using System.Runtime.CompilerServices;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// A request's body that knows whether it is untouched. Only then can the request go to another host: a byte once read may be on its
/// way to the first one and cannot be had again. Also keeps the reason for which the server refused the body.
/// </summary>
/// <param name="taken">Bytes that come before those of the body.</param>
/// <param name="body">The server's body.</param>
internal sealed class UntouchedBodyStream(ReadOnlyMemory<byte> taken, Stream body) : Stream
{
    private ReadOnlyMemory<byte> _taken = taken;

    /// <summary>Whether no byte has been read.</summary>
    public bool IsUntouched { get; private set; } = true;

    /// <summary>Why the server refused the body (too large, too slow, malformed), or null.</summary>
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
        IsUntouched &= count == 0;
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            var count = await body.ReadAsync(buffer, cancellation);
            IsUntouched &= count == 0;
            return count;
        }
        catch (BadHttpRequestException refusal)
        {
            Refusal = refusal;
            throw;
        }
    }
}
