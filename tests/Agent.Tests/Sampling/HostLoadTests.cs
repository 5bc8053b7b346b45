using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sampling;

public sealed class HostLoadTests : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeCpuSensor _cpu = new() { Cores = [new CoreCounter(0, 0, 0)] };
    private readonly FakeMemorySensor _memory = new();
    private readonly RecordingLogger<HostLoad> _logger = new();

    public void Dispose()
    {
        _cpu.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Sample_First_AsksForTheSecondSoon()
    {
        using var load = NewLoad();
        Assert.Equal(TimeSpan.FromMilliseconds(250), load.Sample());
        Assert.False(load.Ready.IsCompleted);
        Assert.Null(load.Read(MaxAge));
        Advance(0.25, new CoreCounter(0, 5, 15));
        Assert.Equal(TimeSpan.FromSeconds(1), load.Sample());
        Assert.True(load.Ready.IsCompleted);
        Assert.Equal([25], load.Read(MaxAge)!.CpuUsage);
    }

    [Fact]
    public void Read_MemoryChanges_TellsTheMean()
    {
        using var load = NewLoad();
        _ = load.Sample();
        Advance(1, new CoreCounter(0, 5, 15));
        _memory.Reading = new MemoryReading(8L << 30, 2L << 30);
        _ = load.Sample();
        Assert.Equal(4L << 30, load.Read(MaxAge)!.MemoryUsedBytes);
        Assert.Equal(8L << 30, load.Read(MaxAge)!.MemoryTotalBytes);
    }

    [Fact]
    public void Read_SamplesStopped_TellsNothing()
    {
        using var load = NewLoad();
        _ = load.Sample();
        Advance(1, new CoreCounter(0, 5, 15));
        _ = load.Sample();
        _time.Advance(MaxAge);
        Assert.NotNull(load.Read(MaxAge));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(load.Read(MaxAge));
    }

    [Fact]
    public void Sample_SensorFails_WarnsOnceAndGoesOn()
    {
        using var load = NewLoad();
        _cpu.Cores = [];
        _ = load.Sample();
        Assert.Equal(TimeSpan.FromSeconds(1), load.Sample());
        _ = load.Sample();
        _ = Assert.Single(_logger.Lines);
        Advance(1, new CoreCounter(0, 0, 0));
        _ = load.Sample();
        Advance(1, new CoreCounter(0, 1, 3));
        _ = load.Sample();
        Assert.Equal([25], load.Read(MaxAge)!.CpuUsage);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    public void Read_MemoryIsAnotherAmount_IsOfThatFromThenOn(int gigabytes)
    {
        using var load = NewLoad();
        _memory.Reading = new MemoryReading(64L << 30, 24L << 30);
        for (var second = 0; second < 30; second++)
        {
            Advance(1, new CoreCounter(0, 5 * second, 15 * second));
            _ = load.Sample();
        }

        _memory.Reading = new MemoryReading((long)gigabytes << 30, 12L << 30);
        Advance(1, new CoreCounter(0, 150, 450));
        _ = load.Sample();
        var means = load.Read(MaxAge)!;
        Assert.Equal((long)gigabytes << 30, means.MemoryTotalBytes);
        Assert.Equal((gigabytes - 12L) << 30, means.MemoryUsedBytes);
    }

    [Fact]
    public void Read_MemoryIsNotTold_TellsTheCores()
    {
        using var load = NewLoad();
        _memory.Reading = default;
        _ = load.Sample();
        for (var second = 1; second < 12; second++)
        {
            Advance(1, new CoreCounter(0, 5 * second, 15 * second));
            _ = load.Sample();
        }

        var means = load.Read(MaxAge)!;
        Assert.Equal([25], means.CpuUsage);
        Assert.Null(means.MemoryTotalBytes);
        Assert.Null(means.MemoryUsedBytes);
        Assert.True(load.Ready.IsCompleted);
        Assert.Contains("memory", Assert.Single(_logger.Lines).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_CountersStandStill_SaysSoAndReportsWithoutCores()
    {
        using var load = NewLoad();
        for (var second = 0; second < 5; second++)
        {
            Advance(1, new CoreCounter(0, 0, 0), new CoreCounter(1, 0, 0));
            _ = load.Sample();
        }

        Assert.False(load.Ready.IsCompleted);
        for (var second = 0; second < 20; second++)
        {
            Advance(1, new CoreCounter(0, 0, 0), new CoreCounter(1, 0, 0));
            _ = load.Sample();
        }

        Assert.True(load.Ready.IsCompleted);
        var means = load.Read(MaxAge)!;
        Assert.Empty(means.CpuUsage);
        Assert.Equal(2, means.CoreCount);
        Assert.Equal(8L << 30, means.MemoryTotalBytes);
        Assert.Contains("stand still", Assert.Single(_logger.Lines).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_ProcFiles_AllocatesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var paths = new HostPaths("/proc", "/", null);
        using var load = new HostLoad(
            new HostSensors(new ProcStatSensor(paths), new ProcMeminfoSensor(paths), new FakeDiskSensor(), new ProcPressureSensor(paths)),
            TimeSpan.FromMinutes(15), null, TimeProvider.System, NullLogger<HostLoad>.Instance);
        for (var i = 0; i < 100; i++)
        {
            _ = load.Sample();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = load.Sample();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private HostLoad NewLoad() =>
        new(new HostSensors(_cpu, _memory, new FakeDiskSensor(), new NoPressure()), TimeSpan.FromMinutes(15), null, _time, _logger);

    private void Advance(double seconds, params CoreCounter[] cores)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _cpu.Cores = [.. cores];
    }
}
