using System.Threading.Channels;
using Opsen.Agent.Sampling;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sampling;

public sealed class PacedThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_Period_TicksAgainAndAgain()
    {
        var ticks = Channel.CreateUnbounded<int>();
        using var thread = new PacedThread("test", () => Tick(ticks), new RecordingLogger<PacedThread>());
        for (var i = 0; i < 3; i++)
        {
            _ = await ticks.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task Dispose_WaitingLong_StopsAtOnce()
    {
        var ticked = new TaskCompletionSource();
        var thread = new PacedThread(
            "test",
            () =>
            {
                ticked.SetResult();
                return TimeSpan.FromHours(1);
            },
            new RecordingLogger<PacedThread>());
        await ticked.Task.WaitAsync(Patience);
        await Task.Run(thread.Dispose).WaitAsync(Patience);
    }

    [Fact]
    public void Dispose_TickHangs_ReturnsAllTheSame()
    {
        using var release = new ManualResetEvent(false);
        var thread = new PacedThread(
            "test",
            () =>
            {
                _ = release.WaitOne(Patience);
                return TimeSpan.Zero;
            },
            new RecordingLogger<PacedThread>());
        thread.Dispose();
        _ = release.Set();
    }

    [Fact]
    public void Run_TickThrows_TellsIt()
    {
        var logger = new RecordingLogger<PacedThread>();
        using var thread = new PacedThread("test", () => throw new InvalidOperationException("broken"), logger);
        Assert.True(SpinWait.SpinUntil(() => !logger.Lines.IsEmpty, Patience));
        Assert.Contains("test", Assert.Single(logger.Lines).Message, StringComparison.Ordinal);
    }

    private static TimeSpan Tick(Channel<int> ticks)
    {
        _ = ticks.Writer.TryWrite(0);
        return TimeSpan.FromMilliseconds(1);
    }
}
