namespace Opsen.Agent.Sensors.Linux;

/// <summary>
/// The cores that a container may use. Without a quota they are the host's own, those of its cpuset. With one they are as many equal cores as the quota has
/// begun, busy for what the group's programs worked of it.
/// </summary>
internal sealed class CgroupCpuSensor(Cgroup cgroup, ICpuSensor host, TimeProvider time) : ICpuSensor
{
    private const double Microseconds = 1e6;

    private readonly CoreCounters _host = new();
    private readonly bool _hasQuota = cgroup.Cores() is not null;
    private readonly IReadOnlySet<int>? _ids = cgroup.CoreIds();
    private long _readAt = time.GetTimestamp();
    private long? _usage;
    private double _busy;
    private double _idle;

    /// <inheritdoc/>
    public double UnitsPerSecond => _hasQuota ? Microseconds : host.UnitsPerSecond;

    /// <inheritdoc/>
    public bool TryRead(CoreCounters counters)
    {
        counters.Clear();
        if (!host.TryRead(_host))
        {
            return false;
        }

        var usable = 0;
        foreach (ref readonly var core in _host.Cores)
        {
            if (_ids?.Contains(core.Id) ?? true)
            {
                usable++;
                if (!_hasQuota)
                {
                    counters.Add(core);
                }
            }
        }

        // A quota that is lifted while the agent runs leaves the cores that there are.
        return _hasQuota ? TryReadQuota(Math.Min(cgroup.Cores() ?? usable, usable), counters) : counters.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        host.Dispose();
        cgroup.Dispose();
    }

    private bool TryReadQuota(double cores, CoreCounters counters)
    {
        if (cgroup.UsageMicroseconds() is not { } usage || cores <= 0)
        {
            return false;
        }

        // A limit that changes counts from now on.
        var now = time.GetTimestamp();
        var allowed = time.GetElapsedTime(_readAt, now).TotalSeconds * Microseconds * cores;
        var worked = Math.Max(0, usage - (_usage ?? usage));
        (_readAt, _usage) = (now, usage);
        var count = (int)Math.Ceiling(cores);
        _busy += worked / (double)count;
        _idle += Math.Max(0, allowed - worked) / count;
        for (var id = 0; id < count; id++)
        {
            counters.Add(new CoreCounter(id, (long)_busy, (long)_idle));
        }

        return true;
    }
}

/// <summary>Memory as far as a container may use it: its limit and the host's, whichever leaves less.</summary>
internal sealed class CgroupMemorySensor(Cgroup cgroup, IMemorySensor host) : IMemorySensor
{
    /// <inheritdoc/>
    public bool TryRead(out MemoryReading reading)
    {
        if (!host.TryRead(out reading))
        {
            return false;
        }

        if (cgroup.MemoryLimit() is { } limit && limit < reading.TotalBytes)
        {
            var left = Math.Max(0, limit - (cgroup.MemoryUsed() ?? 0));
            reading = new MemoryReading(limit, Math.Min(left, reading.AvailableBytes));
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();
}
