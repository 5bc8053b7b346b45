using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>
/// A request's body that knows whether it is untouched. Only then can the request go to another host: a byte once read may be on its
/// way to the first one and cannot be had again. Also keeps the reason for which the body was refused.
/// </summary>
/// <param name="taken">Bytes that come before those of the body.</param>
/// <param name="body">The server's body.</param>
/// <param name="limit">The most bytes that there may be; null for any number.</param>
internal sealed class UntouchedBodyStream(ReadOnlyMemory<byte> taken, PipeReader body, long? limit) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _taken = taken;
    private long _count;
    private ITimer? _patience;
    private TimeSpan _limit;
    private volatile bool _isTooSilent;

    /// <summary>Whether no byte has been read.</summary>
    public bool IsUntouched => _count == 0;

    /// <summary>Whether its end has been read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Runs when the end has been read, before the reader hears of it; does not throw.</summary>
    public Func<CancellationToken, ValueTask>? AtEnd { get; set; }

    /// <summary>Why the body was refused (too large, malformed), or null.</summary>
    public BadHttpRequestException? Refusal { get; private set; }

    /// <summary>Ends the read that waits for the client, or the next one: the rest of the body is not wanted.</summary>
    public void Stop() => body.CancelPendingRead();

    /// <summary>Bounds each silence of the client, where nothing else does.</summary>
    public void LimitSilence(TimeSpan silence, TimeProvider time)
    {
        if (silence != Timeout.InfiniteTimeSpan)
        {
            _limit = silence;
            _patience ??= time.CreateTimer(static state => ((UntouchedBodyStream)state!).Refuse(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

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
            while (true)
            {
                var read = await ReadPatientlyAsync(cancellation);
                var received = read.Buffer;
                if (read.IsCanceled)
                {
                    body.AdvanceTo(received.Start);
                    throw _isTooSilent
                        ? new BadHttpRequestException("The rest of the request's body did not come.", StatusCodes.Status408RequestTimeout)
                        : new IOException("The rest of the body is not wanted.");
                }

                if (!received.IsEmpty)
                {
                    var count = (int)Math.Min(received.Length, buffer.Length);
                    received = received.Slice(0, count);
                    received.CopyTo(buffer.Span);
                    body.AdvanceTo(received.End);
                    BodyLimit.Check(_count += count, limit);
                    return count;
                }

                body.AdvanceTo(received.End);
                if (read.IsCompleted)
                {
                    if (!HasEnded)
                    {
                        HasEnded = true;
                        await (AtEnd?.Invoke(cancellation) ?? default);
                    }

                    return 0;
                }
            }
        }
        catch (BadHttpRequestException refusal)
        {
            Refusal = refusal;
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _patience?.Dispose();
        base.Dispose(disposing);
    }

    private ValueTask<ReadResult> ReadPatientlyAsync(CancellationToken cancellation)
    {
        var pending = body.ReadAsync(cancellation);
        return _patience is null || pending.IsCompleted ? pending : WaitAsync(pending, _patience);
    }

    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> pending, ITimer patience)
    {
        patience.Change(_limit, Timeout.InfiniteTimeSpan);
        try
        {
            return await pending;
        }
        finally
        {
            patience.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Refuse()
    {
        _isTooSilent = true;
        body.CancelPendingRead();
    }
}
