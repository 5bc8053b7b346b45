#pragma warning disable IDE0130 // The namespace of the library that this stands in for.
namespace LibreHardwareMonitor.Hardware;
#pragma warning restore IDE0130

// The part of the public interface of LibreHardwareMonitorLib 0.9.6 that the agent uses, written after its documentation: the package is for Windows alone.
#pragma warning disable SA1649, SA1402

internal enum HardwareType
{
    Motherboard,
    SuperIO,
    Cpu,
    Memory,
    GpuNvidia,
    GpuAmd,
    GpuIntel,
}

internal enum SensorType
{
    Voltage,
    Power,
    Temperature,
    Load,
    SmallData,
}

internal interface IComputer
{
    IList<IHardware> Hardware { get; }

    void Open();

    void Close();
}

internal interface IHardware
{
    HardwareType HardwareType { get; }

    string Identifier { get; }

    string Name { get; }

    ISensor[] Sensors { get; }

    void Update();
}

internal interface ISensor
{
    SensorType SensorType { get; }

    string Name { get; }

    float? Value { get; }

    TimeSpan ValuesTimeWindow { get; set; }
}
