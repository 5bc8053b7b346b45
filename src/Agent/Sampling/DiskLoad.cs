using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>
/// The newest state of the disk. It has a thread of its own because a reading of a dead mount never returns: the other samples
/// go on meanwhile, and the disk becomes unknown when nothing was heard of it for <see cref="Lifetime"/>.
/// </summary>
internal sealed partial class DiskLoad(IDiskSensor sensor, TimeProvider time, ILogger<DiskLoad> logger)
{
    /// <summary>How long a reading counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DiskReading _newest;
    private long _readTimestamp;
    private bool _isKnown;
    private bool _isFailing;

    /// <summary>Completes after the first reading, successful or not.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Takes a sample.</summary>
    /// <returns>When to take the next.</returns>
    public TimeSpan Sample()
    {
        if (sensor.TryRead(out var reading, out var error))
        {
            lock (_gate)
            {
                (_newest, _readTimestamp, _isKnown) = (reading, time.GetTimestamp(), true);
            }

            _isFailing = false;
        }
        else if (!_isFailing)
        {
            _isFailing = true;
            LogUnreadable(sensor.Path, error);
        }

        _ = _ready.TrySetResult();
        return Period;
    }

    /// <summary>The newest state; null when it is not known.</summary>
    public DiskReading? Read()
    {
        lock (_gate)
        {
            return _isKnown && time.GetElapsedTime(_readTimestamp) <= Lifetime ? _newest : null;
        }
    }

    /// <summary>Adds how much is used, percent; NaN when it is not known.</summary>
    public void AddVitals(List<double> values) =>
        values.Add(Read() is { TotalBytes: > 0 } reading ? 100.0 * (reading.TotalBytes - reading.AvailableBytes) / reading.TotalBytes : double.NaN);

    [LoggerMessage(1110, LogLevel.Warning,
        "disk_path {Path} cannot be read: {Error}. Reports leave the disk out, and the gateway places nothing here that needs disk; name a directory that exists")]
    private partial void LogUnreadable(string path, string? error);
}
