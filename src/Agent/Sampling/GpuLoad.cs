using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>
/// GPU cards: sampled once a second on a thread of their own, because a driver can hang. A card that gave no reading for
/// <see cref="Lifetime"/> is left out: one that is lost must not look idle. For the same reason nobody unloads the driver's library
/// when the agent stops: the thread may be inside it.
/// </summary>
internal sealed class GpuLoad(IGpuSensor sensor, TimeSpan window, TimeProvider time)
{
    /// <summary>How long a card's reading counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly SampleClock _clock = new(time);
    private readonly Dictionary<string, GpuTrack> _tracks = [];
    private readonly List<GpuReading> _readings = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _sampledAt;

    /// <summary>Completes after the first reading.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Takes a sample.</summary>
    /// <returns>When to take the next.</returns>
    public TimeSpan Sample()
    {
        _readings.Clear();
        var next = sensor.Read(_readings);
        lock (_gate)
        {
            _sampledAt = _clock.Now();
            foreach (var reading in _readings)
            {
                if (!_tracks.TryGetValue(reading.Card.Uuid, out var track))
                {
                    track = new GpuTrack(window);
                    _tracks.Add(reading.Card.Uuid, track);
                }

                track.Add(_sampledAt, time.GetTimestamp(), reading);
            }
        }

        _ = _ready.TrySetResult();
        return next;
    }

    /// <summary>Adds for each card that responds how much of its VRAM is used now and its utilization in the last minute, percent; NaN for what is not
    /// known.</summary>
    public void AddVitals(List<double> values)
    {
        lock (_gate)
        {
            foreach (var track in _tracks.Values)
            {
                if (time.GetElapsedTime(track.ReadTimestamp) <= Lifetime)
                {
                    track.AddVitals(_sampledAt, values);
                }
            }
        }
    }

    /// <summary>The cards that respond, in the order of their indexes, with means over the window.</summary>
    public IReadOnlyList<GpuMeans> Read()
    {
        lock (_gate)
        {
            return
            [
                .. _tracks.Values
                    .Where(track => time.GetElapsedTime(track.ReadTimestamp) <= Lifetime)
                    .OrderBy(track => track.Card.Index)
                    .Select(track => track.Means(_sampledAt)),
            ];
        }
    }
}

/// <summary>Means of one card over the window; null is what the card does not tell.</summary>
/// <param name="Newest">The card as it was last seen.</param>
internal sealed record GpuMeans(GpuReading Newest)
{
    /// <summary>Which card.</summary>
    public GpuIdentity Card => Newest.Card;

    /// <summary>Utilisation, percent.</summary>
    public double? UtilizationPct { get; init; }

    /// <summary>Utilisation in the last minute, percent.</summary>
    public double? UtilizationPctLastMinute { get; init; }

    /// <summary>VRAM in use.</summary>
    public double? MemoryUsedBytes { get; init; }

    /// <summary>VRAM.</summary>
    public long? MemoryTotalBytes => Newest.MemoryTotalBytes;

    /// <summary>Temperature, °C.</summary>
    public double? TemperatureC { get; init; }

    /// <summary>Power, W.</summary>
    public double? PowerW { get; init; }
}
