using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy.Failover;

namespace Opsen.Gateway.Tests.Proxy.Failover;

public sealed class RetryBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1, 3)]
    [InlineData(19, 3)]
    [InlineData(20, 4)]
    [InlineData(100, 20)]
    public async Task TryBeginAsync_RunningRequests_AllowAFifthOfThem(int running, int allowed)
    {
        var budget = New(running);

        for (var i = 0; i < allowed; i++)
        {
            var turn = budget.TryBeginAsync(CancellationToken.None);
            Assert.True(turn.IsCompleted);
            Assert.True(await turn);
        }

        var over = budget.TryBeginAsync(CancellationToken.None).AsTask();
        Assert.False(over.IsCompleted);
        _time.Advance(RetryBudget.Patience);
        Assert.False(await over);
        Assert.Equal(allowed, budget.Retries);
    }

    [Fact]
    public async Task End_OthersWait_TheFirstOfThemIsNext()
    {
        var budget = await FullAsync();
        var first = budget.TryBeginAsync(CancellationToken.None).AsTask();
        var second = budget.TryBeginAsync(CancellationToken.None).AsTask();

        budget.End();

        Assert.True(await first);
        Assert.False(second.IsCompleted);
        Assert.Equal(RetryBudget.MinRetries, budget.Retries);
    }

    [Fact]
    public async Task End_OneGaveUpWaiting_ThePlaceGoesToTheNext()
    {
        var budget = await FullAsync();
        using var leave = new CancellationTokenSource();
        var gone = budget.TryBeginAsync(leave.Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var next = budget.TryBeginAsync(CancellationToken.None).AsTask();

        budget.End();

        Assert.True(await next);
        Assert.Equal(RetryBudget.MinRetries, budget.Retries);
    }

    [Fact]
    public async Task TryBeginAsync_ManyAtOnce_NeverTooManyRunAndNoneIsForgotten()
    {
        const int Running = 40;
        var budget = New(Running);
        var (most, granted) = (0L, 0);

        await Task.WhenAll(Enumerable.Range(0, Running).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                Assert.True(await budget.TryBeginAsync(CancellationToken.None));
                var now = budget.Retries;
                InterlockedMax(ref most, now);
                Interlocked.Increment(ref granted);
                await Task.Yield();
                budget.End();
            }
        })));

        Assert.Equal(Running * 200, granted);
        Assert.InRange(most, 1, Running / RetryBudget.RequestsPerRetry);
        await Eventually.BecomesTrueAsync(() => budget.Retries == 0);
    }

    private static void InterlockedMax(ref long target, long value)
    {
        var seen = Interlocked.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var found && found != seen)
        {
            seen = found;
        }
    }

    private RetryBudget New(int running)
    {
        var budget = new RetryBudget(_time);
        for (var i = 0; i < running; i++)
        {
            budget.RequestBegins();
        }

        return budget;
    }

    private async Task<RetryBudget> FullAsync()
    {
        var budget = New(1);
        for (var i = 0; i < RetryBudget.MinRetries; i++)
        {
            Assert.True(await budget.TryBeginAsync(CancellationToken.None));
        }

        return budget;
    }
}
