namespace Opsen.Grains.Backends;

/// <summary>The slow start of a host: how much of it is still ahead.</summary>
internal sealed class SlowStart(TimeSpan window, TimeProvider time)
{
    private const int Steps = 20;

    private static readonly TimeSpan ShortestStep = TimeSpan.FromSeconds(1);

    private long _began;
    private TimeSpan _length;

    /// <summary>Time between two announcements of what is left: a twentieth of the window, at least a second.</summary>
    public TimeSpan Step { get; } = window / Steps > ShortestStep ? window / Steps : ShortestStep;

    /// <summary>The share that is still ahead, 1 to 0.</summary>
    public double Left => _length <= TimeSpan.Zero ? 0 : Math.Clamp((_length - time.GetElapsedTime(_began)) / window, 0, 1);

    /// <summary>Begins, unless slow start is off.</summary>
    public void Begin() => Resume(1);

    /// <summary>Takes up with a share still ahead, after a restart.</summary>
    public void Resume(double left)
    {
        _began = time.GetTimestamp();
        _length = window * Math.Clamp(left, 0, 1);
    }
}
