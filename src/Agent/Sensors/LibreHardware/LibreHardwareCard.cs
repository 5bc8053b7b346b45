using LibreHardwareMonitor.Hardware;

namespace Opsen.Agent.Sensors.LibreHardware;

/// <summary>A card of AMD or Intel that LibreHardwareMonitor reads. Its sensors are looked for once, and read by their references.</summary>
internal sealed class LibreHardwareCard
{
    private const double BytesPerMegabyte = 1024 * 1024;

    private readonly IHardware _hardware;
    private readonly ISensor? _utilization;
    private readonly ISensor? _used;
    private readonly ISensor? _total;
    private readonly ISensor? _temperature;
    private readonly ISensor? _power;

    /// <summary>Looks for its sensors.</summary>
    /// <param name="hardware">The card, updated at least once.</param>
    /// <param name="index">Its number among the vendor's cards.</param>
    public LibreHardwareCard(IHardware hardware, int index)
    {
        _hardware = hardware;
        Identity = new GpuIdentity(hardware.Identifier.ToString(), index, hardware.Name);
        _utilization = Find(SensorType.Load, "GPU Core", "D3D 3D");
        _used = Find(SensorType.SmallData, "GPU Memory Used", "D3D Dedicated Memory Used");
        _total = Find(SensorType.SmallData, "GPU Memory Total", "D3D Dedicated Memory Total");
        _temperature = Find(SensorType.Temperature, "GPU Core", "GPU Hot Spot");
        _power = Find(SensorType.Power, "GPU Package", "GPU Total", "GPU PPT", "GPU Core", "GPU Power");
        foreach (var sensor in hardware.Sensors)
        {
            // By default each keeps its values of a whole day.
            sensor.ValuesTimeWindow = TimeSpan.Zero;
        }
    }

    /// <summary>Its fixed properties.</summary>
    public GpuIdentity Identity { get; }

    /// <summary>VRAM, bytes; null when it does not tell.</summary>
    public long? MemoryTotalBytes => Bytes(_total);

    /// <summary>Reads its state.</summary>
    public GpuReading Read()
    {
        _hardware.Update();
        var total = MemoryTotalBytes;
        return new GpuReading(Identity)
        {
            UtilizationPct = Value(_utilization) is { } utilization and >= 0 and <= 100 ? utilization : null,
            MemoryTotalBytes = total,
            MemoryUsedBytes = total is { } whole && Bytes(_used) is { } used ? Math.Clamp(used, 0, whole) : null,
            TemperatureC = Value(_temperature),
            PowerW = Value(_power),
        };
    }

    private static double? Value(ISensor? sensor) => sensor?.Value is { } value && float.IsFinite(value) ? value : null;

    private static long? Bytes(ISensor? sensor) => Value(sensor) is { } megabytes and >= 0 ? (long)(megabytes * BytesPerMegabyte) : null;

    // The first name that is there: not every card has each.
    private ISensor? Find(SensorType type, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            foreach (var sensor in _hardware.Sensors)
            {
                if (sensor.SensorType == type && sensor.Name == name)
                {
                    return sensor;
                }
            }
        }

        return null;
    }
}
