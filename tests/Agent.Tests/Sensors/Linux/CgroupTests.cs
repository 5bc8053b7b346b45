using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Agent.Tests.Doubles;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class CgroupTests : IDisposable
{
    private const string NoLimit = "9223372036854771712\n";

    private readonly TemporaryDirectory _root = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeCpuSensor _cpu = new() { Cores = [.. Enumerable.Range(0, 8).Select(id => new CoreCounter(id, 100, 100))], UnitsPerSecond = 100 };
    private readonly FakeMemorySensor _memory = new() { Reading = new MemoryReading(64L << 30, 40L << 30) };

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Limit_Version2_IsTheContainersBudget()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        Write("sys/fs/cgroup/cpu.max", "250000 100000\n");
        Write("sys/fs/cgroup/cpu.stat", "usage_usec 5000000\nuser_usec 1\n");
        Write("sys/fs/cgroup/memory.max", $"{8L << 30}\n");
        Write("sys/fs/cgroup/memory.current", $"{5L << 30}\n");
        Write("sys/fs/cgroup/memory.stat", $"anon 1\nfile 2\ninactive_file {2L << 30}\nactive_file 9\n");
        AssertBudget("sys/fs/cgroup/cpu.stat", "usage_usec 7500000\nuser_usec 1\n");
    }

    [Fact]
    public void Limit_Version1_IsTheContainersBudget()
    {
        Write("proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:cpuset:/docker/abc\n1:name=systemd:/docker/abc\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Write("sys/fs/cgroup/cpuacct/cpuacct.usage", "5000000000\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", $"{8L << 30}\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", $"{5L << 30}\n");
        Write("sys/fs/cgroup/memory/memory.stat", $"inactive_file 1\ntotal_inactive_file {2L << 30}\n");
        AssertBudget("sys/fs/cgroup/cpuacct/cpuacct.usage", "7500000000\n");
    }

    [Fact]
    public void Limit_LimitOfAParent_CountsToo()
    {
        Write("proc/self/cgroup", "0::/kubepods/pod1/c1\n");
        Write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        Write("sys/fs/cgroup/kubepods/pod1/c1/cpu.max", "max 100000\n");
        Write("sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000\n");
        Write("sys/fs/cgroup/kubepods/cpu.max", "400000 100000\n");
        Write("sys/fs/cgroup/kubepods/pod1/c1/memory.max", "max\n");
        Write("sys/fs/cgroup/kubepods/pod1/memory.max", "1073741824\n");
        using var cgroup = Find();
        Assert.Equal(1.5, cgroup.Cores());
        Assert.Equal(1L << 30, cgroup.MemoryLimit());
    }

    [Fact]
    public void Limit_None_IsTheHost()
    {
        Write("proc/self/cgroup", "4:memory:/\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", NoLimit);
        using var cgroup = Find();
        using var cpu = new CgroupCpuSensor(cgroup, _cpu, _time);
        using var memory = new CgroupMemorySensor(cgroup, _memory);
        var counters = new CoreCounters();
        Assert.True(cpu.TryRead(counters));
        Assert.Equal(8, counters.Count);
        Assert.Equal(100, cpu.UnitsPerSecond);
        Assert.True(memory.TryRead(out var reading));
        Assert.Equal(_memory.Reading, reading);
    }

    [Fact]
    public void Limit_SetOfCores_AreThoseOfTheHost()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory\n");
        Write("sys/fs/cgroup/cpuset.cpus.effective", "2-3,6\n");
        using var cgroup = Find();
        using var cpu = new CgroupCpuSensor(cgroup, _cpu, _time);
        var counters = new CoreCounters();
        Assert.True(cpu.TryRead(counters));
        Assert.Equal([2, 3, 6], counters.Cores.ToArray().Select(core => core.Id));
    }

    [Fact]
    public void Limit_HostHasLess_IsTheHostsRest()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/cgroup.controllers", "memory\n");
        Write("sys/fs/cgroup/memory.max", $"{48L << 30}\n");
        Write("sys/fs/cgroup/memory.current", "0\n");
        using var cgroup = Find();
        using var memory = new CgroupMemorySensor(cgroup, _memory);
        Assert.True(memory.TryRead(out var reading));
        Assert.Equal(new MemoryReading(48L << 30, 40L << 30), reading);
    }

    [Fact]
    public void Find_NoGroups_IsNone()
    {
        Write("proc/self/cgroup", "0::/\n");
        Assert.Null(Cgroup.Find(Paths));
    }

    [Fact]
    public void TryRead_Steady_AllocatesNothing()
    {
        Limit_Version2_IsTheContainersBudget();
        using var cgroup = Find();
        using var cpu = new CgroupCpuSensor(cgroup, _cpu, TimeProvider.System);
        using var memory = new CgroupMemorySensor(cgroup, _memory);
        var counters = new CoreCounters();
        _ = cpu.TryRead(counters) && memory.TryRead(out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = cpu.TryRead(counters) && memory.TryRead(out _);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 64);
    }

    private HostPaths Paths => new(_root.File("proc"), "/", null) { Sys = _root.File("sys"), IsOnlyContainer = true };

    private void AssertBudget(string usageFile, string usageLater)
    {
        using var cgroup = Find();
        using var cpu = new CgroupCpuSensor(cgroup, _cpu, _time);
        using var memory = new CgroupMemorySensor(cgroup, _memory);
        var counters = new CoreCounters();
        Assert.True(cpu.TryRead(counters));
        Assert.Equal(3, counters.Count);

        // Half of 2.5 cores for 2 s.
        _time.Advance(TimeSpan.FromSeconds(2));
        Write(usageFile, usageLater);
        Assert.True(cpu.TryRead(counters));
        Assert.All(counters.Cores.ToArray(), core => Assert.Equal(0.5, core.Busy / (double)(core.Busy + core.Idle), 0.0001));
        Assert.True(memory.TryRead(out var reading));
        Assert.Equal(new MemoryReading(8L << 30, 5L << 30), reading);
    }

    private Cgroup Find() => Cgroup.Find(Paths)!;

    // In place: the files stay open.
    private void Write(string name, string content)
    {
        var path = _root.File(name);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        file.Write(System.Text.Encoding.ASCII.GetBytes(content));
    }
}
