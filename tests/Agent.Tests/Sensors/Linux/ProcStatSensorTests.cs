using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class ProcStatSensorTests : IDisposable
{
    private readonly TemporaryDirectory _proc = new();
    private readonly CoreCounters _counters = new();
    private readonly ProcStatSensor _sensor;

    public ProcStatSensorTests() => _sensor = new ProcStatSensor(new HostPaths(_proc.Path, "/", null));

    public void Dispose()
    {
        _sensor.Dispose();
        _proc.Dispose();
    }

    [Fact]
    public void TryRead_TwoCores_SplitsBusyAndIdle()
    {
        _proc.Write("stat", """
            cpu  110 20 30 4000 50 6 7 8 9 1
            cpu0 10 1 2 300 40 5 6 7 8 9
            cpu1 100 19 28 3700 10 1 1 1 1 1
            intr 12345 0 0
            ctxt 99

            """);
        Assert.True(_sensor.TryRead(_counters));
        Assert.Equal([(0, 31, 340), (1, 150, 3710)], Totals());
    }

    [Fact]
    public void TryRead_CoresComeAndGo_KeepsTheirNumbers()
    {
        _proc.Write("stat", "cpu  1 1 1 1\ncpu0 1 0 0 9 0 0 0 0 0 0\ncpu1 1 0 0 9 0 0 0 0 0 0\ncpu2 1 0 0 9 0 0 0 0 0 0\nintr 1\n");
        Assert.True(_sensor.TryRead(_counters));
        Assert.Equal([0, 1, 2], _counters.Cores.ToArray().Select(core => core.Id));
        _proc.Write("stat", "cpu  1 1 1 1\ncpu0 1 0 0 9 0 0 0 0 0 0\ncpu2 1 0 0 9 0 0 0 0 0 0\nintr 1\n");
        Assert.True(_sensor.TryRead(_counters));
        Assert.Equal([0, 2], _counters.Cores.ToArray().Select(core => core.Id));
    }

    [Fact]
    public void TryRead_BrokenLines_LeavesThemOut()
    {
        _proc.Write("stat", """
            cpu  1 1 1 1
            cpu0 1 2
            cpu1 a b c d
            cpu2 1 2 3 4
            cpu3
            cpuX 1 2 3 4 5 6 7 8
            cpu99999999999 1 2 3 4 5 6 7 8
            cpu70000 1 2 3 4 5 6 7 8
            cpu5 1 0 0 9 0 0 0 18446744073709551615 0 0
            intr 1

            """);
        Assert.True(_sensor.TryRead(_counters));
        Assert.Equal([(2, 6, 4), (5, 0, 9)], Totals());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("intr 1\n")]
    [InlineData("cpu")]
    [InlineData("cp")]
    [InlineData("cpu  1 2 3 4\n")]
    [InlineData("\0\0\0\0")]
    public void TryRead_NoCore_Fails(string content)
    {
        _proc.Write("stat", content);
        Assert.False(_sensor.TryRead(_counters));
        Assert.Equal(0, _counters.Count);
    }

    [Fact]
    public void TryRead_FileMissing_FailsUntilItIsThere()
    {
        Assert.False(_sensor.TryRead(_counters));
        _proc.Write("stat", "cpu0 1 0 0 9\nintr 1\n");
        Assert.True(_sensor.TryRead(_counters));
    }

    [Fact]
    public void TryRead_MoreCoresThanTheBufferHolds_ReadsAll()
    {
        var lines = Enumerable.Range(0, 3000).Select(id => $"cpu{id} 123456789 0 123456789 1234567890 0 0 0 0 0 0");
        _proc.Write("stat", $"cpu  1 1 1 1\n{string.Join('\n', lines)}\nintr {new string('1', 50_000)}\n");
        Assert.True(_sensor.TryRead(_counters));
        Assert.Equal(3000, _counters.Count);
        Assert.Equal((2999, 246_913_578, 1_234_567_890), Totals()[2999]);
    }

    [Fact]
    public void TryRead_ThisHost_FindsItsCores()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var sensor = new ProcStatSensor(new HostPaths("/proc", "/", null));
        Assert.True(sensor.TryRead(_counters));
        Assert.True(_counters.Count >= Environment.ProcessorCount);
    }

    private List<(int Id, long Busy, long Idle)> Totals() => [.. _counters.Cores.ToArray().Select(core => (core.Id, core.Busy, core.Idle))];
}
