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
        Assert.Equal(TimeSpan.FromSeconds(1), load.Sample());
        _ = load.Sample();
        _ = Assert.Single(_logger.Lines);
        Advance(1, new CoreCounter(0, 0, 0));
        _ = load.Sample();
        Advance(1, new CoreCounter(0, 1, 3));
        _ = load.Sample();
        Assert.Equal([25], load.Read(MaxAge)!.CpuUsage);
    }

    [Fact]
    public void Sample_ProcFiles_AllocatesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var paths = new HostPaths("/proc", "/", null);
        using var load = new HostLoad(
            new ProcStatSensor(paths), new ProcMeminfoSensor(paths), TimeSpan.FromMinutes(15), null, TimeProvider.System, NullLogger<HostLoad>.Instance);
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

    private HostLoad NewLoad() => new(_cpu, _memory, TimeSpan.FromMinutes(15), null, _time, _logger);

    private void Advance(double seconds, params CoreCounter[] cores)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _cpu.Cores = [.. cores];
    }
}
