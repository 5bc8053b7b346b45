namespace Opsen.Grains.Backends;

/// <summary>A span that runs out by the monotonic clock, whatever the wall clock does.</summary>
internal sealed class Countdown(TimeProvider time)
{
    private long _began;
    private TimeSpan _length;

    /// <summary>What is left of it; zero or less when it has run out.</summary>
    public TimeSpan Left => _length - time.GetElapsedTime(_began);

    /// <summary>Begins anew.</summary>
    public void Begin(TimeSpan length)
    {
        _began = time.GetTimestamp();
        _length = length;
    }
}
