using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>Cores and memory: sampled once a second on one thread, read by the reports. A sample allocates nothing.</summary>
internal sealed partial class HostLoad : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Use needs two readings. The second comes soon so that the first report need not wait.
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly ICpuSensor _cpuSensor;
    private readonly IMemorySensor _memorySensor;
    private readonly TimeProvider _time;
    private readonly ILogger<HostLoad> _logger;
    private readonly SampleClock _clock;
    private readonly CpuWindow _cpu;
    private readonly GaugeWindow _memoryUsed;
    private readonly CoreCounters _counters = new();
    private readonly List<double> _usage = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _memoryTotal;
    private double _sampledAt;
    private long _sampledTimestamp;
    private int _samples;
    private bool _isFailing;

    /// <summary>Makes an empty one.</summary>
    /// <param name="cpuSensor">Reads the cores.</param>
    /// <param name="memorySensor">Reads memory.</param>
    /// <param name="window">What the means are taken over.</param>
    /// <param name="cores">The cores that this backend owns; null = all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public HostLoad(
        ICpuSensor cpuSensor, IMemorySensor memorySensor, TimeSpan window, IReadOnlyCollection<int>? cores, TimeProvider time, ILogger<HostLoad> logger)
    {
        (_cpuSensor, _memorySensor, _time, _logger) = (cpuSensor, memorySensor, time, logger);
        _clock = new SampleClock(time);
        _cpu = new CpuWindow(window, cores);
        _memoryUsed = new GaugeWindow(window);
    }

    /// <summary>Completes when there is enough for a first report.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Takes a sample.</summary>
    /// <returns>When to take the next.</returns>
    public TimeSpan Sample()
    {
        var memory = default(MemoryReading);
        if (!_cpuSensor.TryRead(_counters) || !_memorySensor.TryRead(out memory))
        {
            if (!_isFailing)
            {
                LogUnreadable();
            }

            _isFailing = true;
            return Period;
        }

        lock (_gate)
        {
            _sampledAt = _clock.Now();
            _sampledTimestamp = _time.GetTimestamp();
            _cpu.Add(_sampledAt, _counters.Cores);
            _memoryUsed.Add(_sampledAt, memory.TotalBytes - memory.AvailableBytes);
            _memoryTotal = memory.TotalBytes;
            _samples++;
        }

        _isFailing = false;
        if (_samples == 1)
        {
            return FirstPeriod;
        }

        _ = _ready.TrySetResult();
        return Period;
    }

    /// <summary>The means over the window; null while there is nothing to tell, or nothing newer than <paramref name="maxAge"/>.</summary>
    public HostMeans? Read(TimeSpan maxAge)
    {
        lock (_gate)
        {
            if (_samples == 0 || _time.GetElapsedTime(_sampledTimestamp) > maxAge)
            {
                return null;
            }

            _usage.Clear();
            _cpu.Read(_usage);
            return _usage.Count > 0 && _memoryUsed.Mean(_sampledAt) is { } used ? new HostMeans([.. _usage], _memoryTotal, used) : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cpuSensor.Dispose();
        _memorySensor.Dispose();
    }

    [LoggerMessage(1100, LogLevel.Warning, "The system does not tell the state of its cores or memory; trying again every second")]
    private partial void LogUnreadable();
}

/// <summary>Means of cores and memory over the window.</summary>
/// <param name="CpuUsage">Use of each core, percent.</param>
/// <param name="MemoryTotalBytes">Memory.</param>
/// <param name="MemoryUsedBytes">Memory in use.</param>
internal sealed record HostMeans(double[] CpuUsage, long MemoryTotalBytes, double MemoryUsedBytes);
