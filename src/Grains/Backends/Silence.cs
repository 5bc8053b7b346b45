namespace Opsen.Grains.Backends;

/// <summary>How long a host has been silent, by the monotonic clock: steps of the wall clock neither end its time nor give it back.</summary>
internal sealed class Silence(TimeSpan staleAfter, TimeProvider time)
{
    /// <summary>A host is removed after this many times the silence that makes it stale.</summary>
    public const int RemovalFactor = 3;

    private long _since;
    private TimeSpan _before;

    /// <summary>The host reported or registered: the silence begins anew.</summary>
    public void End() => Begin(TimeSpan.Zero);

    /// <summary>Takes up after a restart. The silence meanwhile may have been ours, so the host has the full time of its state again.</summary>
    public void Resume(bool isActive) => Begin(isActive ? TimeSpan.Zero : staleAfter);

    /// <summary>Time left until the host is stale (while it is active) or removed; zero or less when that is due.</summary>
    public TimeSpan Left(bool isActive) => (isActive ? staleAfter : staleAfter * RemovalFactor) - _before - time.GetElapsedTime(_since);

    private void Begin(TimeSpan before)
    {
        _since = time.GetTimestamp();
        _before = before;
    }
}
