using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors;

namespace Opsen.Agent.Sampling;

/// <summary>Cores, memory and pressure: sampled once a second on one thread, read by the reports. A sample allocates nothing. What the system does not tell
/// is left out, and the rest goes on.</summary>
internal sealed partial class HostLoad : IDisposable
{
    /// <summary>How long counters may stand still, or be missing, before a report is made without cores.</summary>
    public static readonly TimeSpan CpuPatience = TimeSpan.FromSeconds(10);

    /// <summary>What need not happen at every sample happens at each tenth.</summary>
    private const int SeldomSamples = 10;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Use needs two readings. The second comes soon so that the first report need not wait.
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly HostSensors _sensors;
    private readonly TimeProvider _time;
    private readonly ILogger<HostLoad> _logger;
    private readonly SampleClock _clock;
    private readonly CpuWindow _cpu;
    private readonly AmountWindow _memory;
    private readonly PressureWindow _pressure;
    private readonly CoreCounters _counters = new();
    private readonly List<double> _usage = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Trouble _cpuTrouble = new();
    private readonly Trouble _memoryTrouble = new();
    private double _cpuSampledAt = double.NaN;
    private double _memorySampledAt = double.NaN;
    private double _sampledAt;
    private long _cpuTimestamp;
    private long _memoryTimestamp;
    private int _samples;
    private bool _isMoving;

    /// <summary>Makes an empty one.</summary>
    /// <param name="sensors">What is read; disposed of with this.</param>
    /// <param name="window">What the means are taken over.</param>
    /// <param name="cores">The cores that this backend owns; null = all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public HostLoad(HostSensors sensors, TimeSpan window, IReadOnlyCollection<int>? cores, TimeProvider time, ILogger<HostLoad> logger)
    {
        (_sensors, _time, _logger) = (sensors, time, logger);
        _clock = new SampleClock(time);
        _cpu = new CpuWindow(window, cores, sensors.Cpu.UnitsPerSecond);
        _memory = new AmountWindow(window);
        _pressure = new PressureWindow(window);
    }

    /// <summary>Completes when there is enough for a first report.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Takes a sample.</summary>
    /// <returns>When to take the next.</returns>
    public TimeSpan Sample()
    {
        var hasCpu = _sensors.Cpu.TryRead(_counters);
        var hasMemory = _sensors.Memory.TryRead(out var memory);

        // Its totals count between the ends of the window: what is read between is read for nothing.
        var pressure = default(PressureReading);
        var hasPressure = _samples % SeldomSamples < 2 && _sensors.Pressure.TryRead(out pressure);
        lock (_gate)
        {
            _sampledAt = _clock.Now();
            _samples++;
            if (hasCpu)
            {
                (_cpuSampledAt, _cpuTimestamp) = (_sampledAt, _time.GetTimestamp());
                _cpu.Add(_sampledAt, _counters.Cores);
            }

            if (hasMemory)
            {
                (_memorySampledAt, _memoryTimestamp) = (_sampledAt, _time.GetTimestamp());
                _memory.Add(_sampledAt, memory.TotalBytes, memory.TotalBytes - memory.AvailableBytes);
            }

            if (hasPressure)
            {
                _pressure.Add(_sampledAt, pressure);
            }

            // Whether the counters move: often at first, then seldom, because it looks at every core.
            if (!_isMoving || !hasCpu || _samples % SeldomSamples == 0)
            {
                _usage.Clear();
                _isMoving = hasCpu && _cpu.Read(_usage).Total > 0;
            }
        }

        Tell(hasCpu, _isMoving, hasMemory);
        if (_samples == 1)
        {
            return FirstPeriod;
        }

        if ((_isMoving && hasMemory) || _sampledAt >= CpuPatience.TotalSeconds)
        {
            _ = _ready.TrySetResult();
        }

        return Period;
    }

    /// <summary>The means over the window; null while there is nothing to tell.</summary>
    /// <param name="maxAge">What is older than this is not told.</param>
    public HostMeans? Read(TimeSpan maxAge)
    {
        lock (_gate)
        {
            var hasCpu = !double.IsNaN(_cpuSampledAt) && _time.GetElapsedTime(_cpuTimestamp) <= maxAge;
            var hasMemory = !double.IsNaN(_memorySampledAt) && _time.GetElapsedTime(_memoryTimestamp) <= maxAge;
            if (_samples < 2 || !(hasCpu || hasMemory))
            {
                return null;
            }

            var (usage, sums) = hasCpu ? ReadCpu(null) : ([], default);
            var (minute, _) = hasCpu ? ReadCpu(Minute) : ([], default);
            return new HostMeans
            {
                CoreCount = hasCpu ? _cpu.Count : 0,
                CpuUsage = usage,
                CpuUsageLastMinute = minute.Length > 0 ? minute.Average() : null,
                StealPct = sums.Total > 0 ? 100.0 * sums.Steal / sums.Total : null,
                IowaitPct = sums.Total > 0 ? 100.0 * sums.Iowait / sums.Total : null,
                MemoryTotalBytes = hasMemory ? _memory.Total : null,
                MemoryUsedBytes = hasMemory ? _memory.MeanUsed(_memorySampledAt) : null,
                MemoryUsedBytesNow = hasMemory ? _memory.Used : null,
                MemoryUsedBytesLastMinute = hasMemory ? _memory.MeanUsed(_memorySampledAt, Minute) : null,
                Pressure = _pressure.Read(),
            };
        }
    }

    /// <summary>Adds the use of all cores in the last minute and that of memory now, percent; NaN for what is not known.</summary>
    public void AddVitals(List<double> values)
    {
        lock (_gate)
        {
            _usage.Clear();
            var sums = double.IsNaN(_cpuSampledAt) ? default : _cpu.Read(_usage, Minute);
            values.Add(sums.Total > 0 ? 100.0 * sums.Busy / sums.Total : double.NaN);
            values.Add(_memory.Total > 0 ? 100.0 * _memory.Used / _memory.Total : double.NaN);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sensors.Cpu.Dispose();
        _sensors.Memory.Dispose();
        _sensors.Pressure.Dispose();
    }

    private (double[] Usage, CoreSums Sums) ReadCpu(TimeSpan? span)
    {
        _usage.Clear();
        var sums = _cpu.Read(_usage, span);
        return ([.. _usage], sums);
    }

    private void Tell(bool hasCpu, bool isMoving, bool hasMemory)
    {
        if (_memoryTrouble.Begins(!hasMemory, TimeSpan.Zero, _time))
        {
            LogMemoryUnreadable();
        }

        // Of the first reading alone nobody can say whether it moves.
        if (_cpuTrouble.Begins(!isMoving && _samples > 1, hasCpu ? CpuPatience : TimeSpan.Zero, _time))
        {
            if (hasCpu)
            {
                LogCpuStands();
            }
            else
            {
                LogCpuUnreadable();
            }
        }
    }

    [LoggerMessage(1100, LogLevel.Warning, "The system does not tell the state of its memory; reports leave it out. Trying again every second")]
    private partial void LogMemoryUnreadable();

    [LoggerMessage(1101, LogLevel.Warning, "The system does not tell the state of its cores; reports leave them out, and the gateway places nothing here that needs one. "
        + "Trying again every second")]
    private partial void LogCpuUnreadable();

    [LoggerMessage(1102, LogLevel.Warning, "The counters of the cores stand still, as they do in some sandboxes: reports leave the cores out, and the gateway places nothing here "
        + "that needs one. Run the agent outside of the sandbox, or mount the host's /proc and name it in HOST_PROC")]
    private partial void LogCpuStands();

    /// <summary>Tells the moment at which something has been wrong for a while.</summary>
    private sealed class Trouble
    {
        private long? _since;
        private bool _isTold;

        public bool Begins(bool isWrong, TimeSpan patience, TimeProvider time)
        {
            if (!isWrong)
            {
                (_since, _isTold) = (null, false);
                return false;
            }

            _since ??= time.GetTimestamp();
            return !_isTold && time.GetElapsedTime(_since.Value) >= patience && (_isTold = true);
        }
    }
}
