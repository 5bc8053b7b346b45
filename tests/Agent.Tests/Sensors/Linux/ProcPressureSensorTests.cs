using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class ProcPressureSensorTests
{
    [Fact]
    public void TryRead_Files_TellsTheTotals()
    {
        using var proc = new TemporaryDirectory();
        _ = proc.Write("pressure/cpu", "some avg10=0.00 avg60=1.02 avg300=0.40 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        _ = proc.Write("pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=8\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n");
        _ = proc.Write("pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=10\n");
        using var sensor = new ProcPressureSensor(new HostPaths(proc.Path, "/", null));
        Assert.True(sensor.TryRead(out var reading));
        Assert.Equal(new PressureReading(123456, 8, 10), reading);
    }

    [Fact]
    public void TryRead_OldKernel_IsUnknown()
    {
        using var proc = new TemporaryDirectory();
        using var sensor = new ProcPressureSensor(new HostPaths(proc.Path, "/", null));
        Assert.False(sensor.TryRead(out _));
        Assert.False(sensor.TryRead(out _));
    }

    [Fact]
    public void Read_Window_IsTheShareOfTime()
    {
        var window = new PressureWindow(TimeSpan.FromSeconds(10));
        Assert.Null(window.Read());
        for (var second = 0; second <= 30; second++)
        {
            // Waited for a core a quarter of the time, and all of it in the last ten seconds.
            window.Add(second, new PressureReading(1000 + (second * 250_000) + (Math.Max(0, second - 20) * 750_000), second * 100_000, 5));
        }

        var shares = window.Read()!;
        Assert.Equal(100, shares.CpuPct, 0.001);
        Assert.Equal(10, shares.MemoryPct, 0.001);
        Assert.Equal(0, shares.IoPct);
    }
}
