using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Tests.Security;

/// <summary>Token buckets against a naive model, and in a flood from more addresses than there are entries.</summary>
public sealed class TokenBucketsTests
{
    [Fact]
    public void Take_RandomCallersAndTimes_AsANaiveBucketDoes()
    {
        const int perMinute = 120;
        const int burst = 5;
        var time = new FakeTimeProvider();
        var buckets = new TokenBuckets(perMinute, burst, time);
        var (random, naive) = (new Random(3), new Dictionary<ulong, (double Tokens, long At)>());
        for (var step = 0; step < 20_000; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(random.Next(4) * 125));
            var caller = (ulong)random.Next(8);
            var now = time.GetTimestamp();
            var (tokens, at) = naive.GetValueOrDefault(caller, (burst, now));
            tokens = Math.Min(burst, tokens + (time.GetElapsedTime(at, now).TotalMinutes * perMinute));
            var expected = tokens > 1 - 1e-9;
            naive[caller] = (expected ? tokens - 1 : tokens, now);

            var result = buckets.Take(new CallerBlock(AddressFamily.InterNetwork, caller));

            Assert.Equal(expected, result.IsTaken);
            Assert.Equal((int)(naive[caller].Tokens + 1e-9), result.Remaining);
            Assert.Equal((burst - naive[caller].Tokens) / perMinute, result.FullIn.TotalMinutes, 6);
        }
    }

    [Fact]
    public void Take_FloodFromManyAddresses_FreesNoCallerThatIsOverItsLimit()
    {
        var buckets = new TokenBuckets(60, 100, new FakeTimeProvider());
        var greedy = new CallerBlock(AddressFamily.InterNetwork, 1);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(buckets.Take(greedy).IsTaken);
        }

        for (var other = 2UL; other < 500_000; other++)
        {
            Assert.True(buckets.Take(new CallerBlock(AddressFamily.InterNetwork, other)).IsTaken);
        }

        Assert.False(buckets.Take(greedy).IsTaken);
    }
}
