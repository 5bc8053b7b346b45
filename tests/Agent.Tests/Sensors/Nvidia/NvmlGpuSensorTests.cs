using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Nvidia;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors.Nvidia;

public sealed class NvmlGpuSensorTests
{
    private const int DriverNotLoaded = 9;
    private const int Lost = 15;
    private const int Unknown = 999;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<NvmlGpuSensor> _logger = new();

    [Fact]
    public void Read_HealthyCards_TellsTheirState()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        var cards = Read(sensor, out var next);
        Assert.Equal(Second, next);
        Assert.Equal(
            [
                new GpuReading(new GpuIdentity("GPU-0", 0, "Fake RTX 0"), 40, 4L << 30, 24L << 30, 61, 220.5),
                new GpuReading(new GpuIdentity("GPU-1", 1, "Fake RTX 1"), 41, 4L << 30, 24L << 30, 61, 220.5),
            ],
            cards);
    }

    [Fact]
    public void Read_OldDriver_FallsBackToTheFirstMemoryCall()
    {
        using var nvml = FakeNvml.Compile("-DNO_V2");
        using var sensor = NewSensor(nvml);
        Assert.Equal(5L << 30, Read(sensor, out _)[0].MemoryUsedBytes);
    }

    [Fact]
    public void Read_NoLibrary_IsNoneWithOneLine()
    {
        using var sensor = new NvmlGpuSensor(["/no/such/libnvidia-ml.so.1"], _time, _logger);
        Assert.Empty(Read(sensor, out var next));
        Assert.Equal(NvmlGpuSensor.MinPause, next);
        _time.Advance(next);
        Assert.Empty(Read(sensor, out next));
        Assert.Equal(2 * NvmlGpuSensor.MinPause, next);
        Assert.Equal(LogLevel.Information, Assert.Single(_logger.Lines).Level);
    }

    [Fact]
    public void Read_DriverLoadedLater_FindsTheCards()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("init", 0, DriverNotLoaded);
        using var sensor = NewSensor(nvml);
        Assert.Empty(Read(sensor, out var next));
        _ = Read(sensor, out _);
        Assert.Equal(1, nvml.InitCalls);
        nvml.Set("init", 0, 0);
        _time.Advance(next);
        Assert.Equal(2, Read(sensor, out next).Count);
        Assert.Equal(Second, next);
    }

    [Fact]
    public void Read_CardSilentAtStart_KeepsTheOthersIndex()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("handle", 0, Lost);
        using var sensor = NewSensor(nvml);
        Assert.Equal([1], Read(sensor, out _).Select(card => card.Card.Index));
    }

    [Fact]
    public void Read_CardLostAndReset_LeavesItOutMeanwhile()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        nvml.Set("card", 0, Lost);
        Assert.Equal([1], Read(sensor, out var next).Select(card => card.Card.Index));
        Assert.Equal(Second, next);
        nvml.Set("card", 0, 0);
        Assert.Equal([1], Read(sensor, out _).Select(card => card.Card.Index));
        _time.Advance(NvmlGpuSensor.MinPause);
        Assert.Equal([0, 1], Read(sensor, out _).Select(card => card.Card.Index).Order());
        Assert.Equal(1, nvml.Balance);
    }

    [Fact]
    public void Read_DriverFails_DropsAllAndInitialisesAnew()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        nvml.Set("card", 0, Unknown);
        Assert.Empty(Read(sensor, out var next));
        Assert.Equal(0, nvml.Balance);
        nvml.Set("card", 0, 0);
        _time.Advance(next);
        Assert.Equal(2, Read(sensor, out _).Count);
        Assert.Equal(2, nvml.InitCalls);
    }

    [Fact]
    public void Read_DriverStaysAway_PausesGrowToTheirLimit()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("init", 0, DriverNotLoaded);
        using var sensor = NewSensor(nvml);
        var next = TimeSpan.Zero;
        for (var i = 0; i < 8; i++)
        {
            _ = Read(sensor, out next);
            _time.Advance(next);
        }

        Assert.Equal(NvmlGpuSensor.MaxPause, next);
        Assert.Equal(8, nvml.InitCalls);
    }

    [Fact]
    public void Read_CardDoesNotTell_IsUnknownNotZero()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("mig", 0, 1);
        nvml.Set("powerless", 1, 1);
        using var sensor = NewSensor(nvml);
        var cards = Read(sensor, out _);
        Assert.Null(cards[0].UtilizationPct);
        Assert.Equal(24L << 30, cards[0].MemoryTotalBytes);
        Assert.Equal(41, cards[1].UtilizationPct);
        Assert.Null(cards[1].PowerW);
    }

    [Fact]
    public void Dispose_Initialised_ShutsDown()
    {
        using var nvml = FakeNvml.Compile();
        var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        Assert.Equal(1, nvml.Balance);
        sensor.Dispose();
        Assert.Equal(0, nvml.Balance);
    }

    [Fact]
    public void Structs_OfNvmlHeader_HaveItsLayout()
    {
        Assert.Equal(8, Marshal.SizeOf<NvmlUtilization>());
        Assert.Equal(24, Marshal.SizeOf<NvmlMemory>());
        Assert.Equal(40, Marshal.SizeOf<NvmlMemoryV2>());
        Assert.Equal(8, (int)Marshal.OffsetOf<NvmlMemoryV2>(nameof(NvmlMemoryV2.Total)));
        Assert.Equal(32, (int)Marshal.OffsetOf<NvmlMemoryV2>(nameof(NvmlMemoryV2.Used)));
        Assert.Equal(0x02000028u, NvmlMemoryV2.CurrentVersion);
    }

    private static List<GpuReading> Read(NvmlGpuSensor sensor, out TimeSpan next)
    {
        var readings = new List<GpuReading>();
        next = sensor.Read(readings);
        return [.. readings.OrderBy(reading => reading.Card.Index)];
    }

    private NvmlGpuSensor NewSensor(FakeNvml nvml) => new([nvml.Library], _time, _logger);
}
