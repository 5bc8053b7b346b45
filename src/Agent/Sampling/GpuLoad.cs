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
/// <param name="Card">Which card.</param>
/// <param name="UtilizationPct">Utilisation, percent.</param>
/// <param name="MemoryUsedBytes">VRAM in use.</param>
/// <param name="MemoryTotalBytes">VRAM.</param>
/// <param name="TemperatureC">Temperature, °C.</param>
/// <param name="PowerW">Power, W.</param>
internal sealed record GpuMeans(
    GpuIdentity Card, double? UtilizationPct, double? MemoryUsedBytes, long? MemoryTotalBytes, double? TemperatureC, double? PowerW);
