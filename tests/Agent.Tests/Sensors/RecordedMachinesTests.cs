using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors;

/// <summary>What the files of kernels and machines look like that none of the tests' machines is, written after their public descriptions, and what the agent
/// says of them.</summary>
public sealed class RecordedMachinesTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly FakeTimeProvider _time = new();

    public RecordedMachinesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "procfs");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Kernel_2_6_WithoutAvailableMemoryAndGuestNice_IsRead()
    {
        var means = Run(
            second => $"cpu  1 1 1 1 1 1 1 1 1\ncpu0 {25 * second} 0 0 {75 * second} 0 0 0 0 0\ncpu1 {50 * second} 0 0 {50 * second} 0 0 0 0 0\nintr 1\n",
            "MemTotal:       32879852 kB\nMemFree:         8219963 kB\nBuffers:         1000000 kB\nCached:          8000000 kB\nSwapCached: 0 kB\nShmem: 500000 kB\nSReclaimable: 219963 kB\n");
        Assert.Equal([25, 50], means.CpuUsage);
        Assert.Equal((32_879_852L - (8_219_963 + 1_000_000 + 8_000_000 + 219_963 - 500_000)) * 1024, means.MemoryUsedBytesNow);
        Assert.Null(means.Pressure);
    }

    [Fact]
    public void Rhel7_Kernel_3_10_IsRead()
    {
        var means = Run(
            second => $"cpu  9 9 9 9 9 9 9 9 9 9\n{Core(0, second, 10)}intr 1\n",
            "MemTotal:        3880000 kB\nMemFree:          200000 kB\nMemAvailable:    2910000 kB\n");
        Assert.Equal([10], means.CpuUsage);
        Assert.Equal(970_000L * 1024, means.MemoryUsedBytesNow);
    }

    [Fact]
    public void Arm64_BigAndLittleCoresWithOfflineOnes_KeepsThemApart()
    {
        // Two of the eight are off, as phones' and boards' governors do.
        var means = Run(
            second => $"cpu  9 9 9 9\n{Core(0, second, 5)}{Core(1, second, 5)}{Core(4, second, 90)}{Core(5, second, 80)}{Core(6, second, 70)}{Core(7, second, 60)}intr 1\n",
            "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n");
        Assert.Equal([5, 5, 90, 80, 70, 60], means.CpuUsage);
    }

    [Fact]
    public void Epyc_TwoSockets256Threads_IsRead()
    {
        var means = Run(
            second => $"cpu  9 9 9 9\n{string.Concat(Enumerable.Range(0, 256).Select(core => Core(core, second, core % 100)))}intr {new string('7', 60_000)}\nctxt 1\n",
            "MemTotal:       1056448596 kB\nMemFree: 1 kB\nMemAvailable:   900000000 kB\nHugePages_Total: 0\n");
        Assert.Equal(256, means.CpuUsage.Length);
        Assert.Equal(Enumerable.Range(0, 256).Select(core => (double)(core % 100)), means.CpuUsage);
    }

    [Fact]
    public void Ec2_BurstableInstance_StolenTimeIsBusyAndToldApart()
    {
        var means = Run(
            second => $"cpu  9 9 9 9\ncpu0 {20 * second} 0 {5 * second} {30 * second} {5 * second} 0 0 {40 * second} 0 0\nintr 1\n",
            "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
        Assert.Equal([65], means.CpuUsage);
        Assert.Equal((40, 5), (means.StealPct, means.IowaitPct));
    }

    [Fact]
    public void Lxc_WithLxcfs_IsTheContainersView()
    {
        // LXCFS renumbers the cores and writes whole seconds of them, with zeros for what it does not know.
        var means = Run(
            second => $"cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 {30 * second} 0 0 {70 * second} 0 0 0 0 0 0\ncpu1 0 0 0 {100 * second} 0 0 0 0 0 0\nintr 0\n",
            "MemTotal:        2097152 kB\nMemFree:         1000000 kB\nMemAvailable:    1572864 kB\nSwapTotal: 0 kB\n");
        Assert.Equal([30, 0], means.CpuUsage);
        Assert.Equal(524_288L * 1024, means.MemoryUsedBytesNow);
    }

    [Fact]
    public void Wsl2_IsRead()
    {
        var means = Run(
            second => $"cpu  9 9 9 9\n{Core(0, second, 40)}{Core(1, second, 20)}page 0 0\nintr 1\n",
            "MemTotal:       16311820 kB\r\nMemFree: 1 kB\r\nMemAvailable:   12000000 kB\r\n");
        Assert.Equal([40, 20], means.CpuUsage);
        Assert.Equal(4_311_820L * 1024, means.MemoryUsedBytesNow);
    }

    [Fact]
    public void Gvisor_CountersOfZero_AreNoIdleHost()
    {
        var means = Run(
            _ => "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\n",
            "MemTotal:        2097152 kB\nMemFree:         2000000 kB\nMemAvailable:    2000000 kB\n");
        Assert.Empty(means.CpuUsage);
        Assert.Equal(2, means.CoreCount);
        Assert.NotNull(means.MemoryUsedBytesNow);
    }

    [Fact]
    public void Newest_WithPressure_IsRead()
    {
        _ = _root.Write("pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        _ = _root.Write("pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        var means = Run(
            second =>
            {
                Overwrite("pressure/cpu", $"some avg10=0.00 avg60=0.00 avg300=0.00 total={(250_000 * second).ToString("D12", CultureInfo.InvariantCulture)}\n");
                return $"cpu  9 9 9 9\n{Core(0, second, 40)}intr 1\n";
            },
            "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
        Assert.Equal(25, means.Pressure!.CpuPct, 0.001);
        Assert.Equal((0, 0), (means.Pressure.MemoryPct, means.Pressure.IoPct));
    }

    [Fact]
    public void Day_OfSamplesWithCoresThatComeAndGo_LeavesNothingBehind()
    {
        const int Day = 86_400;
        using var cpu = new FakeCpuSensor { UnitsPerSecond = 100 };
        using var memory = new FakeMemorySensor();
        using var load = new HostLoad(
            new HostSensors(cpu, memory, new FakeDiskSensor(), new NoPressure()), TimeSpan.FromMinutes(15), null, _time, NullLogger<HostLoad>.Instance);
        long afterAnHour = 0;
        for (var second = 0; second < Day; second++)
        {
            cpu.Cores.Clear();
            for (var core = 0; core < 8; core++)
            {
                if ((core + (second / 600)) % 5 != 0)
                {
                    cpu.Cores.Add(new CoreCounter(core, 30L * second, 70L * second));
                }
            }

            _ = load.Sample();
            _time.Advance(TimeSpan.FromSeconds(1));
            if (second == 3600)
            {
                afterAnHour = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.All(load.Read(TimeSpan.FromMinutes(1))!.CpuUsage, usage => Assert.Equal(30, usage, 0.5));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - afterAnHour, long.MinValue, 1_000_000);
    }

    private static string Core(int id, int second, int percent) => $"cpu{id} {percent * second} 0 0 {(100 - percent) * second} 0 0 0 0 0 0\n";

    private HostMeans Run(Func<int, string> stat, string meminfo)
    {
        _ = _root.Write("meminfo", meminfo);
        var paths = new HostPaths(_root.Path, "/", null);
        using var load = new HostLoad(
            new HostSensors(new ProcStatSensor(paths), new ProcMeminfoSensor(paths), new FakeDiskSensor(), new ProcPressureSensor(paths)),
            TimeSpan.FromMinutes(15), null, _time, NullLogger<HostLoad>.Instance);
        for (var second = 1; second <= 31; second++)
        {
            Overwrite("stat", stat(second));
            _ = load.Sample();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return load.Read(TimeSpan.FromMinutes(1))!;
    }

    // In place, as the kernel's files are: they stay open.
    private void Overwrite(string name, string content)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_root.File(name))!);
        using var file = new FileStream(_root.File(name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(0);
        file.Write(Encoding.ASCII.GetBytes(content));
    }
}
