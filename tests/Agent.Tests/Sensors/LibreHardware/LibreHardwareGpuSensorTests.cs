using LibreHardwareMonitor.Hardware;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.LibreHardware;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors.LibreHardware;

public sealed class LibreHardwareGpuSensorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<LibreHardwareGpuSensor> _logger = new();
    private readonly Computer _computer = new();

    [Fact]
    public void Read_AmdCard_TellsItsState()
    {
        var card = Add(HardwareType.GpuAmd, "/gpu-amd/0", 24_576, 4096);
        using var sensor = NewSensor(HardwareType.GpuAmd);
        var reading = Assert.Single(Read(sensor));
        Assert.Equal(new GpuIdentity("/gpu-amd/0", 0, "Radeon"), reading.Card);
        Assert.Equal((42, 24L << 30, 4L << 30), (reading.UtilizationPct, reading.MemoryTotalBytes, reading.MemoryUsedBytes));
        Assert.Equal((61, 180.5), (reading.TemperatureC, reading.PowerW));
        Assert.True(card.Updates >= 2);
        Assert.All(card.Sensors, one => Assert.Equal(TimeSpan.Zero, one.ValuesTimeWindow));
    }

    [Fact]
    public void Read_OtherVendorsAndGraphicsInsideOfProcessors_AreLeftOut()
    {
        _ = Add(HardwareType.GpuNvidia, "/gpu-nvidia/0", 24_576, 0);
        _ = Add(HardwareType.GpuAmd, "/gpu-amd/0", 512, 0);
        using var sensor = NewSensor(HardwareType.GpuAmd);
        Assert.Empty(Read(sensor));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(float.NaN)]
    [InlineData(-1f)]
    [InlineData(101f)]
    public void Read_ValueThatCannotBe_IsUnknown(float? value)
    {
        var card = Add(HardwareType.GpuIntel, "/gpu-intel/0", 16_384, 0);
        card.Set("GPU Core", SensorType.Load, value);
        using var sensor = NewSensor(HardwareType.GpuIntel);
        Assert.Null(Assert.Single(Read(sensor)).UtilizationPct);
    }

    [Fact]
    public void Read_CardsComeAndGo_AreSeenWithinHalfAMinute()
    {
        using var sensor = NewSensor(HardwareType.GpuAmd);
        Assert.Empty(Read(sensor));
        _ = Add(HardwareType.GpuAmd, "/gpu-amd/0", 24_576, 0);
        _time.Advance(LibreHardwareGpuSensor.Pause);
        Assert.Single(Read(sensor));
        _computer.Hardware.Clear();
        _time.Advance(LibreHardwareGpuSensor.Pause);
        Assert.Empty(Read(sensor));
        Assert.Equal(1, _computer.Opened);
    }

    [Fact]
    public void Read_LibraryThrows_GoesOnAndSaysSoOnce()
    {
        var card = Add(HardwareType.GpuAmd, "/gpu-amd/0", 24_576, 0);
        using var sensor = NewSensor(HardwareType.GpuAmd);
        Assert.Single(Read(sensor));
        card.Fails = true;
        Assert.Empty(Read(sensor));
        Assert.Empty(Read(sensor));
        Assert.Single(_logger.Lines, line => line.Level == LogLevel.Warning);
        card.Fails = false;
        _time.Advance(LibreHardwareGpuSensor.Pause);
        Assert.Single(Read(sensor));
    }

    [Fact]
    public void Dispose_Opened_Closes()
    {
        var sensor = NewSensor(HardwareType.GpuAmd);
        sensor.Dispose();
        Assert.Equal(0, _computer.Closed);
        sensor = NewSensor(HardwareType.GpuAmd);
        _ = Read(sensor);
        sensor.Dispose();
        Assert.Equal(1, _computer.Closed);
    }

    private static List<GpuReading> Read(LibreHardwareGpuSensor sensor)
    {
        var readings = new List<GpuReading>();
        _ = sensor.Read(readings);
        return readings;
    }

    private LibreHardwareGpuSensor NewSensor(HardwareType vendor) => new(_computer, vendor, _time, _logger);

    private Card Add(HardwareType type, string identifier, float totalMegabytes, float usedMegabytes)
    {
        var card = new Card(type, identifier);
        card.Set("GPU Core", SensorType.Load, 42);
        card.Set("GPU Core", SensorType.Temperature, 61);
        card.Set("GPU Package", SensorType.Power, 180.5f);
        card.Set("GPU Memory Total", SensorType.SmallData, totalMegabytes);
        card.Set("GPU Memory Used", SensorType.SmallData, usedMegabytes);
        _computer.Hardware.Add(card);
        return card;
    }

    private sealed class Computer : IComputer
    {
        public IList<IHardware> Hardware { get; } = [];

        public int Opened { get; private set; }

        public int Closed { get; private set; }

        public void Open() => Opened++;

        public void Close() => Closed++;
    }

    private sealed class Card(HardwareType type, string identifier) : IHardware
    {
        private readonly List<Sensor> _sensors = [];

        public HardwareType HardwareType => type;

        public string Identifier => identifier;

        public string Name => "Radeon";

        public ISensor[] Sensors => [.. _sensors];

        public bool Fails { get; set; }

        public int Updates { get; private set; }

        public void Set(string name, SensorType kind, float? value)
        {
            _ = _sensors.RemoveAll(sensor => sensor.Name == name && sensor.SensorType == kind);
            _sensors.Add(new Sensor(name, kind, value));
        }

        public void Update()
        {
            Updates++;
            if (Fails)
            {
                throw new InvalidOperationException("the driver is gone");
            }
        }
    }

    private sealed class Sensor(string name, SensorType type, float? value) : ISensor
    {
        public SensorType SensorType => type;

        public string Name => name;

        public float? Value => value;

        public TimeSpan ValuesTimeWindow { get; set; } = TimeSpan.FromDays(1);
    }
}
