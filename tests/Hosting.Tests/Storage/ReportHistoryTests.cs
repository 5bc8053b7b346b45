using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.Storage;

public sealed class ReportHistoryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, 7, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(Start);

    private string Database => _directory.File("opsen.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Report_AcceptedBySilo_IsARowWithTheSilosTime()
    {
        var before = DateTimeOffset.UtcNow.AddMilliseconds(-1);
        await using (var silo = await SiloHost.StartAsync(Database))
        {
            await ReportAsync(silo, Report());
            await ReportAsync(silo, Report() with { CpuUsage = [], Gpus = [] });
            Assert.False(await silo.Grains.GetGrain<IBackendGrain>("unknown").Report(Report()));
        }

        var rows = Rows();
        Assert.Equal(2, rows.Count);
        Assert.Equal([1L, "b1"], rows[0][..2]);
        var time = (string)rows[0][2];
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", time);
        Assert.InRange(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow);
        Assert.Equal([2L, "[5.5,100]", 64.0, 4.5, 59.5, 500.0, 100.0, 400.0], rows[0][3..11]);
        Assert.Equal(
            """[{"device_id":1,"name":"L4","utilization_pct":12.5,"memory_used_gb":1.5,"memory_total_gb":24,"temperature_c":40,"power_draw_w":30.25}]""",
            rows[0][11]);
        Assert.Equal([0L, "[]", "[]"], [rows[1][3], rows[1][4], rows[1][11]]);
    }

    [Fact]
    public async Task Report_NoRetention_WritesNothing()
    {
        await using (var silo = await SiloHost.StartAsync(Database, statsRetentionHours: 0))
        {
            await ReportAsync(silo, Report());
        }

        Assert.Empty(Rows());
    }

    [Fact]
    public async Task Forget_Host_DeletesItsRowsAndNoOthers()
    {
        using var writer = NewWriter();
        using var history = NewHistory(writer);
        for (var i = 0; i < 1_100; i++)
        {
            history.Add(i % 2 == 0 ? "gone" : "stays", Start, Report());
        }

        await history.FlushAsync();
        history.Forget("gone");
        history.Forget("unknown");
        await history.ForgetAsync();

        Assert.Equal(550, Rows().Count);
        Assert.DoesNotContain(Rows(), row => (string)row[1] == "gone");
    }

    [Fact]
    public async Task Trim_SomeRowsAreOld_DeletesThoseOnly()
    {
        using var writer = NewWriter();
        using var history = NewHistory(writer);
        AddMany(history, "old", 1234);
        _time.Advance(TimeSpan.FromHours(1));
        AddMany(history, "fresh", 321);
        Assert.True(await history.FlushAsync());

        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await history.TrimAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1234, await history.TrimAsync(CancellationToken.None));

        Assert.Equal(321, Rows().Count);
        Assert.All(Rows(), row => Assert.Equal("fresh", row[1]));
    }

    [Fact]
    public async Task Trim_RowsOfAClockThatWasFarAhead_DoNotKeepOldOnes()
    {
        using var writer = NewWriter();
        using var history = NewHistory(writer);
        history.Add("ahead", Start.AddYears(3), Report());
        AddMany(history, "old", 2);
        Assert.True(await history.FlushAsync());

        _time.Advance(TimeSpan.FromHours(25));

        Assert.Equal(3, await history.TrimAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Trim_NoRetention_DeletesWhatAnEarlierRunKept()
    {
        using var writer = NewWriter();
        using var earlier = NewHistory(writer);
        AddMany(earlier, "old", 3);
        Assert.True(await earlier.FlushAsync());
        _time.Advance(TimeSpan.FromSeconds(1));
        using var history = NewHistory(writer, retentionHours: 0);

        Assert.Equal(3, await history.TrimAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Flush_FileIsLockedForAWhile_LosesNothingAndKeepsTheOrder()
    {
        using var writer = NewWriter();
        using var history = NewHistory(writer);
        using (var other = new SqliteFile(Database).Open())
        {
            Execute(other, "BEGIN IMMEDIATE");
            AddMany(history, "first", 450);
            Assert.False(await history.FlushAsync());
            AddMany(history, "second", 50);
            Execute(other, "ROLLBACK");
        }

        Assert.True(await history.FlushAsync());

        Assert.Equal([.. Enumerable.Repeat("first", 450), .. Enumerable.Repeat("second", 50)], Rows().Select(row => (string)row[1]));
    }

    [Fact]
    public async Task Add_MoreThanMayWait_TheOldestGo()
    {
        using var writer = NewWriter();
        using var history = NewHistory(writer);
        AddMany(history, "lost", 3);
        AddMany(history, "kept", SqliteReportHistory.MaxWaiting);

        Assert.True(await history.FlushAsync());

        using var connection = new SqliteFile(Database).Open();
        Assert.Equal((long)SqliteReportHistory.MaxWaiting, Execute(connection, "SELECT count(*) FROM stats WHERE client_id = 'kept'"));
        Assert.Equal(0L, Execute(connection, "SELECT count(*) FROM stats WHERE client_id = 'lost'"));
    }

    private static async Task ReportAsync(SiloHost silo, LoadReport report)
    {
        var backend = silo.Grains.GetGrain<IBackendGrain>("b1");
        await backend.Register(new BackendRegistration
        {
            ClientId = "b1",
            Pool = "default",
            Hostname = "b1",
            Endpoints = [new BackendEndpoint("http://127.0.0.1:8000", [])],
        });
        Assert.True(await backend.Report(report));
    }

    private static LoadReport Report() => new()
    {
        Timestamp = DateTimeOffset.UnixEpoch,
        CpuUsage = [5.5, 100],
        MemoryTotalGb = 64,
        MemoryUsedGb = 4.5,
        MemoryAvailableGb = 59.5,
        DiskTotalGb = 500,
        DiskUsedGb = 100,
        DiskAvailableGb = 400,
        Gpus =
        [
            new GpuLoad { DeviceId = 1, Name = "L4", UtilizationPct = 12.5, MemoryUsedGb = 1.5, MemoryTotalGb = 24, TemperatureC = 40, PowerDrawW = 30.25 },
        ],
    };

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private void AddMany(SqliteReportHistory history, string clientId, int count)
    {
        for (var i = 0; i < count; i++)
        {
            history.Add(clientId, _time.GetUtcNow(), Report());
        }
    }

    private SqliteWriter NewWriter()
    {
        SqliteSchema.Apply(Database);
        var file = new SqliteFile(Database);
        return new SqliteWriter(file, new SqliteTrouble(file, NullLogger<SqliteTrouble>.Instance));
    }

    private SqliteReportHistory NewHistory(SqliteWriter writer, int retentionHours = 24) =>
        new(NewReaders(), writer, new ServerOptions { StatsRetentionHours = retentionHours }, _time, NullLogger<ReportHistory>.Instance);

    private SqliteReaders NewReaders()
    {
        var file = new SqliteFile(Database);
        return new SqliteReaders(file, new SqliteTrouble(file, NullLogger<SqliteTrouble>.Instance));
    }

    private List<object[]> Rows()
    {
        using var connection = new SqliteFile(Database).Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM stats ORDER BY id";
        using var reader = command.ExecuteReader();
        var rows = new List<object[]>();
        while (reader.Read())
        {
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            rows.Add(values);
        }

        return rows;
    }
}
