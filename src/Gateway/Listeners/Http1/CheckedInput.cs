using System.Buffers;
using System.IO.Pipelines;

namespace Opsen.Gateway.Listeners.Http1;

/// <summary>What a client sends on an HTTP/1.1 connection. Bodies in chunks are checked on their way to the server; all else passes as it is.</summary>
internal sealed class CheckedInput(PipeReader input) : PipeReader, IChunkedBodyFeature
{
    private ChunkedSyntax _body;
    private ReadOnlySequence<byte> _buffer;

    /// <summary>How much of what the server has not consumed yet is checked.</summary>
    private long _checked;
    private bool _isChecking;
    private bool _isWrong;

    /// <inheritdoc/>
    public void Begin()
    {
        _body = new ChunkedSyntax();
        _checked = 0;
        _isChecking = true;
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ThrowIfWrong();
        if (!input.TryRead(out result))
        {
            return false;
        }

        Check(result);
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfWrong();
        var reading = input.ReadAsync(cancellationToken);
        if (!_isChecking)
        {
            return reading;
        }

        return reading.IsCompletedSuccessfully ? new(Check(reading.Result)) : CheckLaterAsync(reading);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_isChecking)
        {
            _checked -= _buffer.Slice(0, consumed).Length;
            _buffer = default;
            _isChecking = _checked > 0 || !_body.IsOver;
        }

        input.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => input.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => input.CompleteAsync(exception);

    private static BadHttpRequestException Wrong() =>
        new("The body is not in chunks as RFC 9112, section 7.1, defines them. Send their sizes, extensions and line ends so, or the body's length.");

    /// <summary>After what is no body, nobody knows where the next request begins.</summary>
    private void ThrowIfWrong()
    {
        if (_isWrong)
        {
            throw Wrong();
        }
    }

    private async ValueTask<ReadResult> CheckLaterAsync(ValueTask<ReadResult> reading) => Check(await reading);

    private ReadResult Check(in ReadResult result)
    {
        if (!_isChecking)
        {
            return result;
        }

        _buffer = result.Buffer;
        foreach (var segment in _buffer.Slice(_checked))
        {
            var taken = _body.Take(segment.Span);
            if (taken < 0)
            {
                _isWrong = true;
                input.AdvanceTo(_buffer.End);
                throw Wrong();
            }

            _checked += taken;
        }

        return result;
    }
}
