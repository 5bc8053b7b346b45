namespace Opsen.Agent.Sampling;

/// <summary>
/// Tells when the load has changed so much since the last report that the gateway should know before the next is due: a mean over minutes follows slowly. Looks
/// at what decides where sessions go: the use of the cores in the last minute, memory, disk, VRAM and each card's utilization.
/// </summary>
/// <param name="sources">Add their present values, percent, NaN for what is not known; each always in the same order.</param>
/// <param name="points">The change that counts, percent points; 0 = none does.</param>
/// <param name="time">The clock.</param>
internal sealed class ChangeWatch(IReadOnlyList<Action<List<double>>> sources, double points, TimeProvider time)
{
    /// <summary>The least time after a report before a change counts.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<double> _now = [];
    private readonly List<double> _reported = [];
    private TaskCompletionSource _changed = NewSource();
    private long _begun;
    private bool _isWatching;

    /// <summary>Begins to watch: what is true now is reported.</summary>
    /// <returns>Completes when the load has changed.</returns>
    public Task Begin()
    {
        lock (_gate)
        {
            Fill(_reported);
            (_changed, _begun, _isWatching) = (NewSource(), time.GetTimestamp(), points > 0);
            return _changed.Task;
        }
    }

    /// <summary>Looks. Called after samples; allocates nothing.</summary>
    public void Check()
    {
        lock (_gate)
        {
            if (!_isWatching || time.GetElapsedTime(_begun) < MinPause)
            {
                return;
            }

            Fill(_now);
            if (HasChanged())
            {
                _isWatching = false;
                _ = _changed.TrySetResult();
            }
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Fill(List<double> values)
    {
        values.Clear();
        foreach (var source in sources)
        {
            source(values);
        }
    }

    private bool HasChanged()
    {
        if (_now.Count != _reported.Count)
        {
            return true;
        }

        for (var i = 0; i < _now.Count; i++)
        {
            if (double.IsNaN(_now[i]) != double.IsNaN(_reported[i]) || Math.Abs(_now[i] - _reported[i]) > points)
            {
                return true;
            }
        }

        return false;
    }
}
