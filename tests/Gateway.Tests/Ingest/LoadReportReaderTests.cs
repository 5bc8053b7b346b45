using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Tests.Ingest;

public sealed class LoadReportReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 1, 8, 0, 0, TimeSpan.Zero);

    private static readonly StatsRequest Valid = new()
    {
        ClientId = "host-1",
        CpuUsageAvg = [10, 20],
        MemoryTotalGb = 32,
        MemoryUsedGb = 12,
        DiskTotalGb = 500,
        DiskUsedGb = 100,
    };

    private static readonly GpuStats Card = new() { DeviceId = 0, MemoryTotalGb = 24, MemoryUsedGb = 4 };

    [Fact]
    public void Read_WholeBody_KeepsEveryField()
    {
        var report = Read(Parse(Bodies.Stats));

        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), report.Timestamp);
        Assert.Equal("backend-1", report.Hostname);
        Assert.Equal([12.5, 80], report.CpuUsage);
        Assert.Equal((32, 12, 20), (report.MemoryTotalGb, report.MemoryUsedGb, report.MemoryAvailableGb));
        Assert.Equal((500, 100, 400), (report.DiskTotalGb, report.DiskUsedGb, report.DiskAvailableGb));
        var card = Assert.Single(report.Gpus);
        Assert.Equal(
            new GpuLoad { DeviceId = 0, Name = "L4", UtilizationPct = 45, MemoryUsedGb = 4, MemoryTotalGb = 24, TemperatureC = 61, PowerDrawW = 72 }, card);
    }

    [Fact]
    public void Read_BodyOfTheReferenceAgent_IsTakenAsItIs()
    {
        var report = Read(Parse(Bodies.ReferenceStats));

        Assert.Equal(100, report.CpuUsage[1]);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 37, 0, TimeSpan.Zero).AddTicks(1_234_567), report.Timestamp);
        Assert.Equal(0, report.Gpus[0].PowerDrawW);
    }

    [Fact]
    public void Read_NoAvailableAmounts_AreWhatIsNotUsed()
    {
        var report = Read(Valid);

        Assert.Equal(20, report.MemoryAvailableGb);
        Assert.Equal(400, report.DiskAvailableGb);
        Assert.Equal(Now, report.Timestamp);
    }

    [Fact]
    public void Read_NoUsedAmounts_AreWhatIsNotAvailable() =>
        Assert.Equal(8, Read(Valid with { MemoryUsedGb = null, MemoryAvailGb = 24 }).MemoryUsedGb);

    [Fact]
    public void Read_CardThatDoesNotSayHowBusyItIs_CountsAsBusy() =>
        Assert.Equal(100, Read(Valid with { Gpus = [Card with { UtilizationPct = null }] }).Gpus[0].UtilizationPct);

    [Theory]
    [InlineData(-0.5, 0)]
    [InlineData(100.5, 100)]
    [InlineData(99.9, 99.9)]
    public void Read_PercentageOffByRounding_IsClamped(double sent, double taken)
    {
        var report = Read(Valid with { CpuUsageAvg = [sent], Gpus = [Card with { UtilizationPct = sent }] });

        Assert.Equal([taken], report.CpuUsage);
        Assert.Equal(taken, report.Gpus[0].UtilizationPct);
    }

    [Fact]
    public void Read_PartOffByRounding_IsClamped()
    {
        var report = Read(Valid with { MemoryUsedGb = 32.3, MemoryAvailGb = -1e-9, Gpus = [Card with { MemoryUsedGb = 24.2 }] });

        Assert.Equal((32, 0), (report.MemoryUsedGb, report.MemoryAvailableGb));
        Assert.Equal(24, report.Gpus[0].MemoryUsedGb);
    }

    [Fact]
    public void Read_CardsWithoutIds_CountByPlace() =>
        Assert.Equal([0, 1], Read(Valid with { Gpus = [new GpuStats(), new GpuStats()] }).Gpus.Select(card => card.DeviceId));

    [Fact]
    public void Read_CardWithoutVram_HasNone()
    {
        var card = Read(Valid with { Gpus = [new GpuStats { MemoryUsedGb = 3 }] }).Gpus[0];

        Assert.Equal((0, 0), (card.MemoryTotalGb, card.MemoryUsedGb));
    }

    [Fact]
    public void Read_CardThatDoesNotTellWhatIsUsed_HasNoneFree() =>
        Assert.Equal(0, Read(Valid with { Gpus = [Card with { MemoryUsedGb = null }] }).Gpus[0].MemoryFreeGb);

    [Fact]
    public void Read_PartThatIsMissing_IsUnknownAndTheRestCounts()
    {
        var withoutDisk = Read(Valid with { DiskTotalGb = null, DiskUsedGb = null, DiskAvailGb = null });
        Assert.Equal((0, 0), (withoutDisk.DiskTotalGb, withoutDisk.DiskAvailableGb));
        Assert.Equal(Read(Valid).MemoryAvailableGb, withoutDisk.MemoryAvailableGb);

        var withoutMemory = Read(Valid with { MemoryTotalGb = null, MemoryUsedGb = null, MemoryAvailGb = null });
        Assert.Equal((0, 0), (withoutMemory.MemoryTotalGb, withoutMemory.MemoryAvailableGb));

        // As the reference's agent reports at first with an interval of a second.
        Assert.Empty(Read(Valid with { CpuCores = 8, CpuUsageAvg = null }).CpuUsage);
        Assert.Empty(Read(Valid with { CpuCores = 0, CpuUsageAvg = [] }).CpuUsage);
    }

    public static TheoryData<string, StatsRequest> Mistakes() => new()
    {
        { "cpu_usage_avg", new StatsRequest() },
        { "cpu_usage_avg", Valid with { CpuUsageAvg = [.. Enumerable.Repeat(1.0, 4097)] } },
        { "cpu_usage_avg[1]", Valid with { CpuUsageAvg = [1, 100.6] } },
        { "cpu_usage_avg[0]", Valid with { CpuUsageAvg = [-0.6] } },
        { "cpu_usage_avg[0]", Valid with { CpuUsageAvg = [double.NaN] } },
        { "cpu_usage_avg[0]", Valid with { CpuUsageAvg = [double.PositiveInfinity] } },
        { "cpu_cores", Valid with { CpuCores = 3 } },
        { "cpu_cores", Valid with { CpuCores = -2 } },
        { "memory_total_gb", Valid with { MemoryTotalGb = null } },
        { "memory_total_gb", Valid with { MemoryTotalGb = 0 } },
        { "memory_total_gb", Valid with { MemoryTotalGb = -1 } },
        { "memory_total_gb", Valid with { MemoryTotalGb = double.NaN } },
        { "memory_total_gb", Valid with { MemoryTotalGb = double.PositiveInfinity } },
        { "memory_used_gb", Valid with { MemoryUsedGb = null } },
        { "memory_used_gb", Valid with { MemoryUsedGb = -1 } },
        { "memory_used_gb", Valid with { MemoryUsedGb = 33 } },
        { "memory_avail_gb", Valid with { MemoryAvailGb = 33 } },
        { "memory_avail_gb", Valid with { MemoryAvailGb = double.NaN } },
        { "disk_total_gb", Valid with { DiskTotalGb = null } },
        { "disk_total_gb", Valid with { DiskTotalGb = 0 } },
        { "disk_used_gb", Valid with { DiskUsedGb = 600 } },
        { "disk_avail_gb", Valid with { DiskAvailGb = -5 } },
        { "hostname", Valid with { Hostname = new string('a', 254) } },
        { "gpus", Valid with { Gpus = [.. Enumerable.Repeat(new GpuStats(), 65)] } },
        { "gpus[0]", Valid with { Gpus = [null!] } },
        { "gpus[0].device_id", Valid with { Gpus = [Card with { DeviceId = -1 }] } },
        { "gpus[1].device_id", Valid with { Gpus = [Card, Card] } },
        { "gpus[0].name", Valid with { Gpus = [Card with { Name = "a\nb" }] } },
        { "gpus[0].utilization_pct", Valid with { Gpus = [Card with { UtilizationPct = 101 }] } },
        { "gpus[0].memory_total_gb", Valid with { Gpus = [Card with { MemoryTotalGb = -24, MemoryUsedGb = 0 }] } },
        { "gpus[0].memory_used_gb", Valid with { Gpus = [Card with { MemoryUsedGb = 25 }] } },
        { "gpus[0].memory_used_gb", Valid with { Gpus = [Card with { MemoryTotalGb = 0 }] } },
        { "gpus[0].temperature_c", Valid with { Gpus = [Card with { TemperatureC = double.NaN }] } },
        { "gpus[0].power_draw_w", Valid with { Gpus = [Card with { PowerDrawW = double.PositiveInfinity }] } },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void Read_ValueThatCannotBe_NamesTheField(string field, StatsRequest request)
    {
        var checks = new FieldChecks();

        Assert.Null(NewReader().Read(request, checks));

        Assert.StartsWith($"{field} ", checks.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ThousandsOfMistakes_TellsAFew()
    {
        var checks = new FieldChecks();

        NewReader().Read(Valid with { CpuUsageAvg = [.. Enumerable.Repeat(999.0, 4096)] }, checks);

        Assert.InRange(checks.Detail.Length, 1, 1000);
    }

    private static LoadReportReader NewReader() => new(new FakeTimeProvider(Now));

    private static StatsRequest Parse(string body) => JsonSerializer.Deserialize(body, WireJson.Incoming.StatsRequest)!;

    private static LoadReport Read(StatsRequest request)
    {
        var checks = new FieldChecks();
        var report = NewReader().Read(request, checks);
        Assert.True(report is not null, checks.Detail);
        return report;
    }
}
