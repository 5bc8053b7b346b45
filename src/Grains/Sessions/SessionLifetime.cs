namespace Opsen.Grains.Sessions;

/// <summary>How exactly a session's last use is known.</summary>
public static class SessionLifetime
{
    /// <summary>
    /// A session's last use is stored at most this often, and a gateway answers from its cache at most this long before it asks the session's grain again:
    /// a tenth of the time to live, so that a session in use never expires and a hit rarely costs a write.
    /// </summary>
    public static TimeSpan TouchInterval(TimeSpan timeToLive) => timeToLive / 10;
}
