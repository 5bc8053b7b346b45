using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class ProcMeminfoSensorTests
{
    private const long KiB = 1024;

    [Fact]
    public void TryParse_Usual_TellsTotalAndAvailable()
    {
        var content = "MemTotal:       16384000 kB\nMemFree:          100 kB\nMemAvailable:    8192000 kB\nBuffers: 1 kB\n"u8;
        Assert.True(ProcMeminfoSensor.TryParse(content, out var reading));
        Assert.Equal(new MemoryReading(16_384_000 * KiB, 8_192_000 * KiB), reading);
    }

    [Fact]
    public void TryParse_OldKernel_AddsUpWhatCanBeFreed()
    {
        var content = "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 10 kB\nCached: 200 kB\nSwapCached: 7 kB\nShmem: 50 kB\nSReclaimable: 30 kB\n"u8;
        Assert.True(ProcMeminfoSensor.TryParse(content, out var reading));
        Assert.Equal(290 * KiB, reading.AvailableBytes);
    }

    [Fact]
    public void TryParse_MoreAvailableThanThereIs_IsClamped()
    {
        Assert.True(ProcMeminfoSensor.TryParse("MemTotal: 10 kB\nMemAvailable: 20 kB\n"u8, out var reading));
        Assert.Equal(10 * KiB, reading.AvailableBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal:")]
    [InlineData("MemTotal: 0 kB\nMemAvailable: 0 kB\n")]
    [InlineData("MemTotal: many kB\nMemAvailable: 1 kB\n")]
    [InlineData("MemTotal: -5 kB\nMemAvailable: 1 kB\n")]
    [InlineData("MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB\n")]
    [InlineData("MemTotal: 10 kB\n")]
    public void TryParse_Broken_Fails(string content) =>
        Assert.False(ProcMeminfoSensor.TryParse(System.Text.Encoding.UTF8.GetBytes(content), out _));

    [Fact]
    public void TryRead_FileChanges_TellsTheNewState()
    {
        using var proc = new TemporaryDirectory();
        using var sensor = new ProcMeminfoSensor(new HostPaths(proc.Path, "/", null));
        Assert.False(sensor.TryRead(out _));
        proc.Write("meminfo", "MemTotal: 10 kB\nMemAvailable: 5 kB\n");
        Assert.True(sensor.TryRead(out var reading));
        Assert.Equal(5 * KiB, reading.AvailableBytes);
        proc.Write("meminfo", "MemTotal: 10 kB\nMemAvailable: 4 kB\n");
        Assert.True(sensor.TryRead(out reading));
        Assert.Equal(4 * KiB, reading.AvailableBytes);
    }

    [Theory]
    [InlineData("name type data\nc_min                           4    1000\nc_max 4 9000\nsize                            4    5000\n", 4000)]
    [InlineData("size 4 500\nc_min 4 1000\n", 0)]
    [InlineData("size 4 x\n", 0)]
    [InlineData("", 0)]
    public void ParseArc_Stats_TellsWhatCanBeGivenBack(string stats, long expected) =>
        Assert.Equal(expected, ProcMeminfoSensor.ParseArc(System.Text.Encoding.ASCII.GetBytes(stats)));

    [Fact]
    public void TryRead_Zfs_CountsItsCacheAsAvailable()
    {
        using var proc = new TemporaryDirectory();
        _ = proc.Write("meminfo", "MemTotal: 8388608 kB\nMemAvailable: 2097152 kB\n");
        _ = proc.Write("spl/kstat/zfs/arcstats", $"13 1 0x01\nname type data\nc_min 4 {1L << 30}\nsize 4 {4L << 30}\n");
        using var sensor = new ProcMeminfoSensor(new HostPaths(proc.Path, "/", null));
        Assert.True(sensor.TryRead(out var reading));
        Assert.Equal(5L << 30, reading.AvailableBytes);
    }
}
