using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Proxy.TierDetection;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class BodyPeekerTests
{
    private static readonly ProxySettings Settings = ProxySettings.From(new ServerOptions { RequestTimeoutSeconds = 10 });

    // Inline, so that a write returns when the peek has seen it.
    private readonly Pipe _pipe = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task PeekAsync_ClientFallsSilent_TakesWhatHasComeAndLeavesThePipeUsable()
    {
        await WriteAsync("{\"a\":1,");
        var peek = new BodyPeeker(Settings, _time).PeekAsync(_pipe.Reader).AsTask();
        Assert.False(peek.IsCompleted);

        _time.Advance(Settings.PeekPatience);

        var result = await peek;
        Assert.Equal((null, "{\"a\":1,"), (result.Tier, Encoding.UTF8.GetString(result.Taken.Span)));
        await WriteAsync("\"tier\":\"late\"}");
        var read = await _pipe.Reader.ReadAsync();
        Assert.False(read.IsCanceled);
        Assert.Equal("\"tier\":\"late\"}", Encoding.UTF8.GetString(read.Buffer));
    }

    [Fact]
    public async Task PeekAsync_MoreBodiesThanThereIsMemoryFor_Refuses503UntilOneEnds()
    {
        var peeker = new BodyPeeker(Settings, _time);
        var beginning = Encoding.ASCII.GetBytes($"{{\"a\":\"{new string('x', Settings.TierPeekBytes - 7)}");
        var options = new PipeOptions(pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var pipes = Enumerable.Range(0, 70).Select(_ => new Pipe(options)).ToArray();
        var peeks = Array.ConvertAll(pipes, pipe => peeker.PeekAsync(pipe.Reader).AsTask());
        foreach (var pipe in pipes)
        {
            await pipe.Writer.WriteAsync(beginning);
        }

        await Eventually.BecomesTrueAsync(() => peeks.Count(static peek => peek.IsFaulted) == 6);
        var refused = peeks.Where(static peek => peek.IsFaulted).ToArray();
        foreach (var peek in refused)
        {
            Assert.Equal(503, (await Assert.ThrowsAsync<BadHttpRequestException>(() => peek)).StatusCode);
        }

        _time.Advance(Settings.PeekPatience);
        await Task.WhenAll(peeks.Except(refused));
        await WriteAsync("{\"a\":\"x");
        var later = peeker.PeekAsync(_pipe.Reader).AsTask();
        Assert.False(later.IsCompleted);
        await WriteAsync("\",\"tier\":\"pro\"}");
        Assert.Equal("pro", (await later).Tier);
    }

    [Fact]
    public async Task PeekAsync_NothingEverComes_GivesUpWithNothing()
    {
        var peek = new BodyPeeker(Settings, _time).PeekAsync(_pipe.Reader).AsTask();

        _time.Advance(Settings.PeekPatience);

        Assert.True((await peek).Taken.IsEmpty);
        Assert.False(_pipe.Reader.TryRead(out _));
    }

    [Fact]
    public async Task PeekAsync_ClientDripsForever_GivesUpAfterTheRequestTimeout()
    {
        var peek = new BodyPeeker(Settings, _time).PeekAsync(_pipe.Reader).AsTask();
        var drops = 0;
        for (; !peek.IsCompleted && drops < 1000; drops++)
        {
            await WriteAsync(drops == 0 ? "[" : " ");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(drops, 1, 11);
        await peek;
    }

    [Fact]
    public async Task PeekAsync_TimerFiresTooLate_NextReaderSeesNoCancellation()
    {
        var peek = new BodyPeeker(Settings, new LateTimers()).PeekAsync(_pipe.Reader).AsTask();
        await WriteAsync("{\"tier\":\"pro\"}");

        Assert.Equal("pro", (await peek).Tier);

        var read = await _pipe.Reader.ReadAsync();
        Assert.False(read.IsCanceled);
        Assert.Equal("{\"tier\":\"pro\"}", Encoding.UTF8.GetString(read.Buffer));
    }

    [Fact]
    public async Task PeekAsync_TierFoundInALaterPiece_NextReadFindsEverythingAtOnce()
    {
        await WriteAsync("{\"a\":1,");
        var peek = new BodyPeeker(Settings, _time).PeekAsync(_pipe.Reader).AsTask();
        await WriteAsync("\"tier\":\"pro\",");

        Assert.Equal(("pro", 0), ((await peek).Tier, (await peek).Taken.Length));

        Assert.True(_pipe.Reader.TryRead(out var read));
        Assert.Equal("{\"a\":1,\"tier\":\"pro\",", Encoding.UTF8.GetString(read.Buffer));
    }

    private async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Timers that fire just when they are stopped.</summary>
    private sealed class LateTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(() => callback(state));

        private sealed class Timer(Action fire) : ITimer
        {
            private bool _isArmed;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var wasArmed = _isArmed;
                _isArmed = dueTime != Timeout.InfiniteTimeSpan;
                if (wasArmed && !_isArmed)
                {
                    fire();
                }

                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
