using System.IO.Pipelines;

namespace Opsen.Gateway.Proxy.Streams;

/// <summary>Waits for reads of a body and ends a read by cancelling it in the pipe when the client is silent for too long.</summary>
/// <remarks>Not by a cancellation token: after a read that a token ended, Kestrel's bodies with a length refuse to be read again.</remarks>
internal sealed class CallerPatience : IAsyncDisposable
{
    private readonly PipeReader _body;
    private readonly ProxySettings _settings;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _begun;
    private volatile bool _hasCancelled;

    /// <summary>Starts to count.</summary>
    public CallerPatience(PipeReader body, ProxySettings settings, TimeProvider time)
    {
        (_body, _settings, _time) = (body, settings, time);
        _begun = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((CallerPatience)state!).Cancel(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a read; its result is cancelled when the client was silent for too long.</summary>
    public async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> pending)
    {
        var patience = _settings.PeekPatience;
        if (_settings.RequestTimeout != Timeout.InfiniteTimeSpan && _settings.RequestTimeout - _time.GetElapsedTime(_begun) is var left && left < patience)
        {
            patience = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        _timer.Change(patience, Timeout.InfiniteTimeSpan);
        var read = await pending;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return read;
    }

    /// <summary>Makes sure that no cancellation is left in the pipe for whoever reads next.</summary>
    /// <param name="examined">How many bytes at the pipe's start count as examined.</param>
    public async ValueTask SettleAsync(long examined)
    {
        await DisposeAsync();
        if (_hasCancelled)
        {
            // The timer may have fired a moment too late for the read it was meant for. Cancelling again makes the next read
            // return at once in any case, and takes both.
            _body.CancelPendingRead();
            var read = await _body.ReadAsync();
            _body.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(examined));
        }
    }

    /// <summary>Stops the timer; afterwards it does not fire any more.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Cancel()
    {
        _hasCancelled = true;
        _body.CancelPendingRead();
    }
}
