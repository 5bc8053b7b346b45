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
    private CoreTrack?[] _tracks = [];
    private long _sample;

    /// <summary>Makes an empty window.</summary>
    /// <param name="window">Its length.</param>
    /// <param name="owned">The cores to follow; null = all.</param>
    public CpuWindow(TimeSpan window, IReadOnlyCollection<int>? owned)
    {
        _slots = new SlotRing(window);
        _owned = owned is null ? null : [.. owned];
    }

    /// <summary>Adds a reading of all cores. A core that is missing in it leaves the window; one that comes back starts again.</summary>
    /// <param name="now">When it was taken, seconds of a <see cref="SampleClock"/>.</param>
    /// <param name="reading">The cores.</param>
    public void Add(double now, ReadOnlySpan<CoreCounter> reading)
    {
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
                track.Advance(core);
            }

            track.SeenAt = _sample;
        }

        if (_slots.TryOpen(now))
        {
            MarkAll();
        }
    }

    /// <summary>Adds each core's mean use, percent, to <paramref name="usage"/> in the order of their numbers, as of the newest reading.</summary>
    public void Read(List<double> usage)
    {
        foreach (var track in _tracks)
        {
            if (track?.SeenAt == _sample && track.UsageSince(_slots.Oldest) is { } mean)
            {
                usage.Add(mean);
            }
        }
    }

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
