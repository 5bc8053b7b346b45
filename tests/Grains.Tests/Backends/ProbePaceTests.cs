using Opsen.Grains.Backends.Probing;

namespace Opsen.Grains.Tests.Backends;

public sealed class ProbePaceTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ProbePace _pace = new(Interval, unhealthyThreshold: 3, healthyThreshold: 2);

    [Theory]
    [InlineData(0, 9)]
    [InlineData(0.5, 10)]
    [InlineData(1, 11)]
    public void After_SettledEndpoint_IsTheIntervalATenthMoreOrLess(double random, double seconds)
    {
        _pace.After(isSettled: true, 0.3);

        Assert.Equal(seconds, _pace.After(isSettled: true, random).TotalSeconds, 6);
    }

    [Fact]
    public void After_FirstSettledResult_SpreadsHostsOverTheWholeInterval()
    {
        Assert.Equal(TimeSpan.FromSeconds(3), _pace.After(isSettled: true, 0.3));
    }

    [Theory]
    [InlineData(10_000, 1000, 250)]
    [InlineData(3_600_000, 1000, 250)]
    [InlineData(1000, 200, 200)]
    [InlineData(50, 20, 20)]
    public void After_UnsettledEndpoint_IsQuickAndQuickerAfterAReport(int intervalMs, int quickMs, int pursuedMs)
    {
        var pace = new ProbePace(TimeSpan.FromMilliseconds(intervalMs), 3, 2);

        Assert.Equal(quickMs, pace.After(isSettled: false, 0.5).TotalMilliseconds);
        pace.Pursue();
        Assert.Equal(pursuedMs, pace.After(isSettled: false, 0.5).TotalMilliseconds);
        pace.After(isSettled: true, 0.5);
        Assert.Equal(quickMs, pace.After(isSettled: false, 0.5).TotalMilliseconds);
    }

    [Fact]
    public void After_EndpointThatNeverSettles_IsQuickABoundedNumberOfTimes()
    {
        var pauses = Enumerable.Range(0, 100).Select(_ => _pace.After(isSettled: false, 1)).ToList();

        Assert.Equal(15, pauses.Count(pause => pause == _pace.Quick));
        Assert.All(pauses.Skip(15), pause => Assert.True(pause > _pace.Quick));
    }
}
