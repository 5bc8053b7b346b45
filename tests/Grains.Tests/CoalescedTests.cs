namespace Opsen.Grains.Tests;

public sealed class CoalescedTests
{
    private readonly List<TaskCompletionSource<int>> _runs = [];
    private readonly Coalesced<int> _coalesced;

    public CoalescedTests() => _coalesced = new(() =>
    {
        _runs.Add(new TaskCompletionSource<int>());
        return _runs[^1].Task;
    });

    [Fact]
    public async Task RunAsync_WhileOneIsUnderWay_SharesTheNextRun()
    {
        var first = _coalesced.RunAsync();
        var second = _coalesced.RunAsync();
        var third = _coalesced.RunAsync();
        Assert.Single(_runs);

        _runs[0].SetResult(1);

        Assert.Equal(1, await first);
        Assert.Equal(2, _runs.Count);
        _runs[1].SetResult(2);
        Assert.Equal((2, 2), (await second, await third));
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task RunAsync_RunFails_TheNextOneRunsAllTheSame()
    {
        var first = _coalesced.RunAsync();
        var second = _coalesced.RunAsync();

        _runs[0].SetException(new InvalidOperationException("once"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        _runs[1].SetResult(2);
        Assert.Equal(2, await second);
    }
}
