using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Opsen.Gateway.Proxy;

/// <summary>
/// A request's body that knows whether it is untouched. Only then can the request go to another host: a byte once read may be on its
/// way to the first one and cannot be had again. Also keeps the reason for which the body was refused.
/// </summary>
/// <param name="taken">Bytes that come before those of the body.</param>
/// <param name="body">The server's body.</param>
/// <param name="reader">Reads the same body.</param>
/// <param name="limit">The most bytes that there may be; null for any number.</param>
internal sealed class UntouchedBodyStream(ReadOnlyMemory<byte> taken, Stream body, PipeReader reader, long? limit) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _taken = taken;
    private long _count;

    /// <summary>Whether no byte has been read.</summary>
    public bool IsUntouched => _count == 0;

    /// <summary>Whether it has been read to its end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Why the body was refused (too large, malformed), or null.</summary>
    public BadHttpRequestException? Refusal { get; private set; }

    /// <summary>Ends the read that waits for the client, or the next one: the rest of the body is not wanted.</summary>
    public void Stop() => reader.CancelPendingRead();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _taken.IsEmpty ? ReadBodyAsync(buffer, cancellationToken) : new(ReadTaken(buffer.Span));

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
            HasEnded |= count == 0 && !buffer.IsEmpty;
            return count;
        }
        catch (BadHttpRequestException refusal)
        {
            Refusal = refusal;
            throw;
        }
    }
}
