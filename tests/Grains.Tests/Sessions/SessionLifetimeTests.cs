using Opsen.Grains.Sessions;

namespace Opsen.Grains.Tests.Sessions;

public sealed class SessionLifetimeTests
{
    /// <summary>A caller that comes at random times; the gateway asks the session's grain, and the grain writes, only as often as they do.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(1_440)]
    public void OldestUse_RandomUses_NoSessionEndsBeforeItsTimeNorATenthLater(int minutes)
    {
        var timeToLive = TimeSpan.FromMinutes(minutes);
        var interval = SessionLifetime.TouchInterval(timeToLive);
        var random = new Random(minutes);
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        var (used, asked, stored) = (now, now, now);
        for (var i = 0; i < 10_000; i++)
        {
            now += timeToLive * random.NextDouble() * (random.Next(3) == 0 ? 1 : 0.03);
            used = now;
            if (now - asked >= interval)
            {
                asked = now;
                stored = now - stored >= interval ? now : stored;
            }

            Assert.True(stored >= SessionLifetime.OldestUse(used + timeToLive, timeToLive));
            Assert.True(stored < SessionLifetime.OldestUse(used + (1.1 * timeToLive) + TimeSpan.FromTicks(1), timeToLive));
        }
    }
}
