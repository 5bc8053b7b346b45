namespace Opsen.Grains.Sessions;

/// <summary>How exactly a session's last use is known, and when a session is over.</summary>
public static class SessionLifetime
{
    /// <summary>A session's last use is stored at most this often, and a gateway answers from its cache at most this long before it asks the session's grain
    /// again: a twentieth of the time to live, so that a hit rarely costs a write.</summary>
    public static TimeSpan TouchInterval(TimeSpan timeToLive) => timeToLive / 20;

    /// <summary>
    /// A session whose stored last use is older than this is over. The stored one may be two intervals behind: one in which the gateway did not ask, and one
    /// in which the grain did not write. So a session ends after its time to live without use, never before, and at most a tenth later.
    /// </summary>
    public static DateTimeOffset OldestUse(DateTimeOffset now, TimeSpan timeToLive) => now - timeToLive - (2 * TouchInterval(timeToLive));
}
