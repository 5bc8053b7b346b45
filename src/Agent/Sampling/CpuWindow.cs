using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>
/// Mean use of each core over a window: the difference of its cumulative counters between the window's two ends. That is exact whatever the
/// number of samples between them, so a late or missed sample changes nothing.
/// </summary>
internal sealed class CpuWindow
{
    private readonly SlotRing _slots;
    private readonly HashSet<int>? _owned;
    private readonly double _unitsPerSecond;
    private CoreTrack?[] _tracks = [];
    private long _sample;
    private double _sampledAt;

    /// <summary>Makes an empty window.</summary>
    /// <param name="window">Its length.</param>
    /// <param name="owned">The cores to follow; null = all.</param>
    /// <param name="unitsPerSecond">How much a core's counters grow in a second.</param>
    public CpuWindow(TimeSpan window, IReadOnlyCollection<int>? owned, double unitsPerSecond = double.PositiveInfinity)
    {
        _slots = new SlotRing(window);
        _unitsPerSecond = unitsPerSecond;
        _owned = owned is null ? null : [.. owned];
    }

    /// <summary>Adds a reading of all cores. A core that is missing in it leaves the window; one that comes back starts again.</summary>
    /// <param name="now">When it was taken, seconds of a <see cref="SampleClock"/>.</param>
    /// <param name="reading">The cores.</param>
    public void Add(double now, ReadOnlySpan<CoreCounter> reading)
    {
        // Counters are brought up to date now and then: half a second of slack.
        var maxStep = (now - _sampledAt + 0.5) * _unitsPerSecond;
        _sampledAt = now;
        _sample++;
        _slots.Evict(now);
        var restart = _slots.IsEmpty;
        foreach (ref readonly var core in reading)
        {
            if (_owned?.Contains(core.Id) == false)
            {
                continue;
            }

            var track = TrackOf(core.Id);
            if (restart || track.SeenAt != _sample - 1)
            {
                track.Restart(core, _slots.Next);
            }
            else
            {
                track.Advance(core, maxStep);
            }

            track.SeenAt = _sample;
        }

        if (_slots.TryOpen(now))
        {
            MarkAll();
        }
    }

    /// <summary>Adds each core's mean use, percent, to <paramref name="usage"/> in the order of their numbers, as of the newest reading. A core whose counters
    /// stand still beside others that move counts as full: what it does is not known. None when all stand still.</summary>
    /// <param name="usage">Where to.</param>
    /// <param name="span">The last part of the window that counts; null = all of it.</param>
    /// <returns>What the cores did together.</returns>
    public CoreSums Read(List<double> usage, TimeSpan? span = null)
    {
        var first = usage.Count;
        var all = default(CoreSums);
        var oldest = span is { } length ? _slots.Begin(_sampledAt, length) : _slots.Oldest;
        foreach (var track in _tracks)
        {
            if (track is { IsNew: false } && track.SeenAt == _sample)
            {
                var sums = track.Since(oldest);
                usage.Add(sums.Total > 0 ? 100.0 * sums.Busy / sums.Total : 100);
                all.Add(sums);
            }
        }

        if (all.Total == 0)
        {
            usage.RemoveRange(first, usage.Count - first);
        }

        return all;
    }

    /// <summary>Number of cores in the newest reading.</summary>
    public int Count => _tracks.Count(track => track?.SeenAt == _sample);

    private CoreTrack TrackOf(int id)
    {
        if (id >= _tracks.Length)
        {
            Array.Resize(ref _tracks, id + 1);
        }

        return _tracks[id] ??= new CoreTrack(id, _slots.Capacity);
    }

    private void MarkAll()
    {
        foreach (var track in _tracks)
        {
            if (track?.SeenAt == _sample)
            {
                track.Mark(_slots.Next - 1);
            }
        }
    }
}
