using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

public sealed class HistoryReadTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadAsync_SeveralHostsAndTimes_AreTheHostsPointsInOrder(bool isPostgres)
    {
        await using var stores = isPostgres ? await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync()) : StoresUnderTest.OpenSqlite();
        ReportHistory history = isPostgres
            ? stores.Services.GetRequiredService<PostgresReportHistory>() : stores.Services.GetRequiredService<SqliteReportHistory>();
        var now = DateTimeOffset.UtcNow;
        history.Add("a", now.AddMinutes(-90), Report(10));
        history.Add("a", now.AddMinutes(-30), Report(20));
        history.Add("b", now.AddMinutes(-20), Report(90));
        history.Add("a", now, new LoadReport());
        Assert.True(await history.FlushAsync());

        var points = await history.ReadAsync("a", now.AddHours(-1));

        Assert.Equal(2, points.Count);
        Assert.Equal((20, 25, 50, 40, 50), (points[0].CpuPct, points[0].MemoryPct, points[0].DiskPct, points[0].GpuPct, points[0].VramPct));
        Assert.Equal(now.AddMinutes(-30), points[0].Time, TimeSpan.FromMilliseconds(2));
        Assert.Equal(HistoryPoint.Unknown, points[1].CpuPct);
        Assert.Equal(HistoryPoint.Unknown, points[1].VramPct);
    }

    private static LoadReport Report(double cpu) => new()
    {
        CpuUsage = [cpu, cpu],
        MemoryTotalGb = 16,
        MemoryAvailableGb = 12,
        DiskTotalGb = 100,
        DiskAvailableGb = 50,
        Gpus = [new GpuLoad { DeviceId = 0, UtilizationPct = 40, MemoryUsedGb = 12, MemoryTotalGb = 24 }],
    };
}
