using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>A clock that stands still until the test moves it, and tells what is waited for.</summary>
internal sealed class ObservedClock : FakeTimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _ = _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>The next pause that somebody began.</summary>
    public async Task<TimeSpan> NextWaitAsync() => await _waits.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Lets the next pause that somebody begins pass.</summary>
    /// <returns>How long it was.</returns>
    public async Task<TimeSpan> PassNextWaitAsync()
    {
        var wait = await NextWaitAsync();
        Advance(wait);
        return wait;
    }
}
