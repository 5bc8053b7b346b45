namespace Opsen.Grains.Backends;

/// <summary>How long a host has been silent, by the monotonic clock: steps of the wall clock neither end its time nor give it back.</summary>
internal sealed class Silence(TimeSpan staleAfter, TimeProvider time)
{
    /// <summary>A host is removed after this many times the silence that makes it stale.</summary>
    public const int RemovalFactor = 3;

    private long _since;
    private TimeSpan _before;

    /// <summary>The host reported or registered: the silence begins anew.</summary>
    public void Restart() => Begin(TimeSpan.Zero);

    /// <summary>Resumes after a restart. The host may have reported to nobody meanwhile, so it gets the full time of its state again.</summary>
    public void Resume(bool isActive) => Begin(isActive ? TimeSpan.Zero : staleAfter);

    /// <summary>Time left until the host is stale (while it is active) or removed; zero or less when that is due.</summary>
    public TimeSpan Left(bool isActive) => (isActive ? staleAfter : staleAfter * RemovalFactor) - _before - time.GetElapsedTime(_since);

    private void Begin(TimeSpan before)
    {
        _since = time.GetTimestamp();
        _before = before;
    }
}

/// <summary>A span that runs out by the monotonic clock, whatever the wall clock does.</summary>
internal sealed class Countdown(TimeProvider time)
{
    private long _began;
    private TimeSpan _length;

    /// <summary>What is left of it; zero or less when it has run out.</summary>
    public TimeSpan Left => _length - time.GetElapsedTime(_began);

    /// <summary>Starts it again.</summary>
    public void Begin(TimeSpan length)
    {
        _began = time.GetTimestamp();
        _length = length;
    }
}

/// <summary>The slow start of a host: how much of it is still ahead.</summary>
internal sealed class SlowStart(TimeSpan window, TimeProvider time)
{
    private const int Steps = 20;

    private static readonly TimeSpan MinStep = TimeSpan.FromSeconds(1);

    private long _began;
    private TimeSpan _length;

    /// <summary>Time between two announcements of what is left: a twentieth of the window, at least a second.</summary>
    public TimeSpan Step { get; } = window / Steps > MinStep ? window / Steps : MinStep;

    /// <summary>The share that is still ahead, 1 to 0.</summary>
    public double Left => _length <= TimeSpan.Zero ? 0 : Math.Clamp((_length - time.GetElapsedTime(_began)) / window, 0, 1);

    /// <summary>Begins, unless slow start is off.</summary>
    public void Begin() => Resume(1);

    /// <summary>Resumes after a restart, with the share that is still ahead.</summary>
    public void Resume(double left)
    {
        _began = time.GetTimestamp();
        _length = window * Math.Clamp(left, 0, 1);
    }
}
