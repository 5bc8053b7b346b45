using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;

namespace Opsen.Agent.Tests.Sampling;

public sealed class ChangeWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private List<double> _values = [10, 50];

    [Theory]
    [InlineData(new[] { 31.0, 50 }, true)]
    [InlineData(new[] { 10.0, 29 }, true)]
    [InlineData(new[] { 30.0, 70 }, false)]
    [InlineData(new[] { 10.0 }, true)]
    [InlineData(new[] { 10.0, 50, 0 }, true)]
    [InlineData(new[] { double.NaN, 50 }, true)]
    public void Check_ValuesMoved_TellsWhenOneMovedEnough(double[] values, bool expected)
    {
        var watch = NewWatch(20);
        var changed = watch.Begin();
        _time.Advance(ChangeWatch.MinPause);
        _values = [.. values];
        watch.Check();
        Assert.Equal(expected, changed.IsCompleted);
    }

    [Fact]
    public void Check_SoonAfterAReport_Waits()
    {
        var watch = NewWatch(20);
        var changed = watch.Begin();
        _values = [100, 50];
        _time.Advance(ChangeWatch.MinPause - TimeSpan.FromMilliseconds(1));
        watch.Check();
        Assert.False(changed.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        watch.Check();
        Assert.True(changed.IsCompleted);
        Assert.False(watch.Begin().IsCompleted);
    }

    [Fact]
    public void Check_Off_NeverTells()
    {
        var watch = NewWatch(0);
        var changed = watch.Begin();
        _time.Advance(ChangeWatch.MinPause);
        _values = [];
        watch.Check();
        Assert.False(changed.IsCompleted);
    }

    private ChangeWatch NewWatch(double points) => new([values => values.AddRange(_values)], points, _time);
}
