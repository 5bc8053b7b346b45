using Opsen.Grains.Budgets;

namespace Opsen.Grains.Tests.Budgets;

public sealed class QuotaTests
{
    [Fact]
    public async Task TryTake_ManyAtOnce_ExactlyTheMostGetOne()
    {
        var quota = new Quota(100);
        quota.Count(40, 0);

        var taken = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(quota.TryTake)));

        Assert.Equal(60, taken.Count(static one => one));
        Assert.Equal(100, quota.Used);
    }

    [Fact]
    public void TryTake_AfterOneEnded_ThereIsRoomForOne()
    {
        var quota = new Quota(1);
        Assert.True(quota.TryTake());
        Assert.False(quota.TryTake());

        quota.GiveBack();

        Assert.True(quota.TryTake());
        Assert.False(quota.TryTake());
    }

    [Fact]
    public void Count_WhatCameBeforeIt_IsNotCountedTwice()
    {
        var quota = new Quota(10);
        quota.TryTake();
        quota.TryTake();
        var before = quota.Since;
        quota.TryTake();

        quota.Count(2, before);

        Assert.Equal(3, quota.Used);
    }

    [Fact]
    public void TryTake_NoLimit_IsCountedAllTheSame()
    {
        var quota = new Quota(0);

        Assert.True(quota.TryTake());

        Assert.Equal(1, quota.Used);
    }

    [Fact]
    public void TryTakeName_KnownOrOwn_IsAlwaysThere()
    {
        var names = new NameQuota(2, ["own"]);
        Assert.True(names.TryTake("a"));
        Assert.True(names.TryTake("b"));
        Assert.False(names.TryTake("c"));
        Assert.True(names.TryTake("a"));
        Assert.True(names.TryTake("own"));

        names.Count(["own", "a"]);

        Assert.True(names.TryTake("c"));
        Assert.False(names.TryTake("b"));
    }
}
