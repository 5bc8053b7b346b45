using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Tests.Cluster;

namespace Opsen.Grains.Tests.Backends;

public sealed class UtilizationLoadTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_HostWithAReport_ChangesOnlyWhatIsSaid()
    {
        var host = TestFleet.Host("a");

        var load = UtilizationLoad.Of(new UtilizationReport { Cpu = 0.25, Memory = 0.75 }, host, Now);

        Assert.Equal(Enumerable.Repeat(25.0, 8), load!.CpuUsage);
        Assert.Equal((32, 24, 8), (load.MemoryTotalGb, load.MemoryUsedGb, load.MemoryAvailableGb));
        Assert.Equal((500, 100, 400), (load.DiskTotalGb, load.DiskUsedGb, load.DiskAvailableGb));
        Assert.Equal(Now, load.Timestamp);
    }

    [Fact]
    public void Of_NothingSaidOfCpuAndMemory_LeavesThem()
    {
        var host = TestFleet.Host("a");

        var load = UtilizationLoad.Of(new UtilizationReport { Gpu = 0.5 }, host, Now);

        Assert.Equal(host.Load!.CpuUsage, load!.CpuUsage);
        Assert.Equal(host.Load.MemoryUsedGb, load.MemoryUsedGb);
        Assert.Empty(load.Gpus);
    }

    [Theory]
    [InlineData(1.5, 100)]
    [InlineData(-1, 0)]
    public void Of_ShareThatCannotBe_IsClamped(double share, double percent)
    {
        var load = UtilizationLoad.Of(new UtilizationReport { Cpu = share, Memory = share }, TestFleet.Host("a"), Now);

        Assert.All(load!.CpuUsage, core => Assert.Equal(percent, core));
        Assert.Equal(32 * percent / 100, load.MemoryUsedGb);
    }

    [Fact]
    public void Of_Gpu_SetsAllCards()
    {
        var host = TestFleet.Host("a");
        host = host with
        {
            Load = host.Load! with
            {
                Gpus = [new GpuLoad { DeviceId = 0, MemoryTotalGb = 24 },
            new GpuLoad { DeviceId = 1, MemoryTotalGb = 24, UtilizationPct = 99 }]
            }
        };

        var load = UtilizationLoad.Of(new UtilizationReport { Gpu = 0.5 }, host, Now);

        Assert.Equal([(0, 50.0, 24.0), (1, 50.0, 24.0)], load!.Gpus.Select(card => (card.DeviceId, card.UtilizationPct, card.MemoryTotalGb)));
    }

    [Fact]
    public void Of_HostWithoutAReport_StartsFromItsRegistration()
    {
        var host = TestFleet.Host("a") with { Load = null };

        var load = UtilizationLoad.Of(new UtilizationReport { Cpu = 0.5 }, host, Now);

        Assert.Equal(Enumerable.Repeat(50.0, 8), load!.CpuUsage);
        Assert.Equal((32, 0, 32), (load.MemoryTotalGb, load.MemoryUsedGb, load.MemoryAvailableGb));
        Assert.Equal((500, 0, 500), (load.DiskTotalGb, load.DiskUsedGb, load.DiskAvailableGb));
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(8, 0)]
    public void Of_NoTotalsAtAll_IsNoReport(int cores, double memory)
    {
        var host = TestFleet.Host("a") with { Load = null };
        host = host with { Registration = host.Registration with { TotalCpu = cores, TotalMemoryGb = memory } };

        Assert.Null(UtilizationLoad.Of(new UtilizationReport { Cpu = 0.5 }, host, Now));
    }
}
