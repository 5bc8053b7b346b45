using Opsen.Agent.Sensors;

namespace Opsen.Agent.Tests.Doubles;

/// <summary>Cores whose counters the test sets.</summary>
internal sealed class FakeCpuSensor : ICpuSensor
{
    public List<CoreCounter> Cores { get; set; } = [];

    public double UnitsPerSecond { get; set; } = double.PositiveInfinity;

    public bool TryRead(CoreCounters counters)
    {
        counters.Clear();
        Cores.ForEach(counters.Add);
        return counters.Count > 0;
    }

    public void Dispose()
    {
    }
}

/// <summary>Memory that the test sets.</summary>
internal sealed class FakeMemorySensor : IMemorySensor
{
    public MemoryReading Reading { get; set; } = new(8L << 30, 6L << 30);

    public bool TryRead(out MemoryReading reading)
    {
        reading = Reading;
        return reading.TotalBytes > 0;
    }

    public void Dispose()
    {
    }
}

/// <summary>A disk that the test sets; null cannot be read.</summary>
internal sealed class FakeDiskSensor : IDiskSensor
{
    public DiskReading? Reading { get; set; } = new(100L << 30, 60L << 30, 55L << 30);

    public string Path => "/data";

    public bool TryRead(out DiskReading reading, out string? error)
    {
        reading = Reading ?? default;
        error = Reading is null ? "no such directory" : null;
        return Reading is not null;
    }
}

/// <summary>Cards that the test sets.</summary>
internal sealed class FakeGpuSensor : IGpuSensor
{
    public List<GpuReading> Cards { get; set; } = [];

    public static GpuReading Reading(GpuIdentity card, double? utilization, long? used, long? total, double? celsius, double? watts) => new(card)
    {
        UtilizationPct = utilization,
        MemoryUsedBytes = used,
        MemoryTotalBytes = total,
        TemperatureC = celsius,
        PowerW = watts,
    };

    public TimeSpan Read(List<GpuReading> readings)
    {
        readings.AddRange(Cards);
        return TimeSpan.FromSeconds(1);
    }

    public void Dispose()
    {
    }
}
