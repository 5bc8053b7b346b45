using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Nvidia;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors.Nvidia;

public sealed class NvmlGpuSensorTests
{
    private const int NotSupported = 3;
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
                Healthy(0),
                Healthy(1),
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
        using var sensor = new NvmlGpuSensor(["/no/such/libnvidia-ml.so.1"], null, _time, _logger);
        Assert.Empty(Read(sensor, out var next));
        Assert.Equal(NvmlGpuSensor.Pause, next);
        _time.Advance(next);
        Assert.Empty(Read(sensor, out next));
        Assert.Equal(NvmlGpuSensor.Pause, next);
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
        _time.Advance(NvmlGpuSensor.Pause);
        Assert.Equal([0, 1], Read(sensor, out _).Select(card => card.Card.Index).Order());
        Assert.Equal(1, nvml.Balance);
    }

    [Fact]
    public void Read_EveryCardFails_InitialisesAnew()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        nvml.Set("card", 0, Unknown);
        nvml.Set("card", 1, Unknown);
        Assert.Empty(Read(sensor, out var next));
        Assert.Equal(0, nvml.Balance);
        nvml.Set("card", 0, 0);
        nvml.Set("card", 1, 0);
        _time.Advance(next);
        Assert.Equal(2, Read(sensor, out _).Count);
        Assert.Equal(2, nvml.InitCalls);
    }

    [Fact]
    public void Read_OneCardFails_LeavesItOutAndKeepsTheOthers()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        nvml.Set("card", 0, Unknown);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([Healthy(1)], Read(sensor, out _));
        }

        Assert.Single(_logger.Lines, line => line.Level == LogLevel.Warning);
        nvml.Set("card", 0, 0);
        Assert.Equal([Healthy(0), Healthy(1)], Read(sensor, out _));
    }

    [Theory]
    [InlineData("utilization")]
    [InlineData("memory")]
    [InlineData("temperature")]
    [InlineData("power")]
    public void Read_OneValueFails_LeavesOutThatValueAlone(string value)
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        nvml.Set(value, 0, Unknown);
        var cards = Read(sensor, out _);
        Assert.Equal(Healthy(1), cards[1]);
        Assert.Equal(
            value switch
            {
                "utilization" => Healthy(0) with { UtilizationPct = null },
                "memory" => Healthy(0) with { MemoryUsedBytes = null, MemoryTotalBytes = null },
                "temperature" => Healthy(0) with { TemperatureC = null },
                _ => Healthy(0) with { PowerW = null },
            },
            cards[0]);
        Assert.Equal(1, nvml.InitCalls);
    }

    [Fact]
    public void Read_CardComesLater_IsSeenWithinHalfAMinute()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("count", 0, 1);
        using var sensor = NewSensor(nvml);
        Assert.Equal([0], Read(sensor, out _).Select(card => card.Card.Index));
        nvml.Set("count", 0, 2);
        _time.Advance(NvmlGpuSensor.Pause);
        Assert.Equal([0, 1], Read(sensor, out _).Select(card => card.Card.Index));
        Assert.Equal(1, nvml.Balance);
    }

    [Fact]
    public void Read_UnchangedCards_AreNotOpenedAgain()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        for (var i = 0; i < 5; i++)
        {
            _ = Read(sensor, out _);
            _time.Advance(NvmlGpuSensor.Pause);
        }

        Assert.Equal(1, nvml.InitCalls);
    }

    [Fact]
    public void Read_MemoryOfTheHost_IsSaidToBe()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("memory", 0, NotSupported);
        using var sensor = NewSensor(nvml);
        var cards = Read(sensor, out _);
        Assert.Equal([true, false], cards.Select(card => card.UsesHostMemory));
        Assert.Null(cards[0].MemoryTotalBytes);
    }

    [Fact]
    public void Read_DividedCard_IsItsInstances()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("mig", 0, 1);
        nvml.Set("slice", 0, 1);
        nvml.Set("slice", 2, 1);
        using var sensor = NewSensor(nvml);
        var cards = Read(sensor, out _);
        Assert.Equal([1, 100, 102], cards.Select(card => card.Card.Index));
        Assert.Equal(new GpuIdentity("MIG-0-2", 102, "Fake RTX 0 MIG 1g.5gb"), cards[2].Card);
        Assert.Null(cards[2].UtilizationPct);
        Assert.Equal((5L << 30, 1L << 30), (cards[2].MemoryTotalBytes, cards[2].MemoryUsedBytes));
        Assert.Equal(220.5, cards[2].PowerW);

        // Another division is seen without a restart.
        nvml.Set("slice", 2, 0);
        nvml.Set("slice", 1, 1);
        _time.Advance(NvmlGpuSensor.Pause);
        Assert.Equal([1, 100, 101], Read(sensor, out _).Select(card => card.Card.Index));
    }

    [Fact]
    public void Read_DividedCardWithoutInstances_IsNone()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("mig", 0, 1);
        using var sensor = NewSensor(nvml);
        Assert.Equal([1], Read(sensor, out _).Select(card => card.Card.Index));
    }

    [Fact]
    public void Read_FaultsOfACard_AreToldAndLoggedOnce()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        _ = Read(sensor, out _);
        nvml.Set("ecc", 1, 3);
        nvml.Set("xid", 1, 48);
        _time.Advance(NvmlGpuSensor.Pause);
        _ = Read(sensor, out _);
        Assert.Equal([Healthy(0), Healthy(1) with { EccErrors = 3, Xid = 48 }], Read(sensor, out _));
        Assert.Equal(2, _logger.Lines.Count(line => line.Level == LogLevel.Warning));
    }

    [Fact]
    public void Read_SteadyCards_AllocatesNothing()
    {
        using var nvml = FakeNvml.Compile();
        using var sensor = NewSensor(nvml);
        var readings = new List<GpuReading>(8);
        _ = sensor.Read(readings);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            readings.Clear();
            _ = sensor.Read(readings);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Read_CardDoesNotTell_IsUnknownNotZero()
    {
        using var nvml = FakeNvml.Compile();
        nvml.Set("utilization", 0, NotSupported);
        nvml.Set("power", 1, NotSupported);
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
        Assert.Equal(32, Marshal.SizeOf<NvmlEventData>());
        Assert.Equal(16, (int)Marshal.OffsetOf<NvmlEventData>(nameof(NvmlEventData.Data)));
        Assert.Equal(0x02000028u, NvmlMemoryV2.CurrentVersion);
    }

    private static List<GpuReading> Read(NvmlGpuSensor sensor, out TimeSpan next)
    {
        var readings = new List<GpuReading>();
        next = sensor.Read(readings);
        return [.. readings.OrderBy(reading => reading.Card.Index)];
    }

    private static GpuReading Healthy(int card) => new(new GpuIdentity($"GPU-{card}", card, $"Fake RTX {card}"))
    {
        UtilizationPct = 40 + card,
        MemoryUsedBytes = 4L << 30,
        MemoryTotalBytes = 24L << 30,
        TemperatureC = 61,
        PowerW = 220.5,
        EccErrors = 0,
    };

    private NvmlGpuSensor NewSensor(FakeNvml nvml) => new([nvml.Library], null, _time, _logger);
}
