using System.Globalization;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Reports as rows of <c>stats</c>, in the order in which they came.</summary>
internal sealed class SqliteReportHistory(
    SqliteReaders readers, SqliteWriter writer, ServerOptions options, TimeProvider time, ILogger<ReportHistory> logger)
    : ReportHistory(options, time, logger)
{
    private const int DeleteSize = 500;

    private const string Insert = """
        INSERT INTO stats (client_id, timestamp, cpu_cores, cpu_usage_json, memory_total, memory_used, memory_avail, disk_total, disk_used, disk_avail, gpu_stats_json)
        VALUES (@client, @time, @cores, @cpu, @memory_total, @memory_used, @memory_avail, @disk_total, @disk_used, @disk_avail, @gpus)
        """;

    // Looks at the lowest ids only: rows are in the order of time, so what is old stands first. A row from far ahead is of a clock that was wrong; left
    // there, it would keep everything behind it.
    private const string DeleteSomeOld = """
        DELETE FROM stats
        WHERE id IN (SELECT id FROM (SELECT id, timestamp FROM stats ORDER BY id LIMIT @limit) WHERE timestamp NOT BETWEEN @oldest AND @newest)
        """;

    private const string SelectLast = "SELECT coalesce(max(id), 0) FROM stats";

    private const string SelectOfHost = """
        SELECT timestamp, cpu_usage_json, memory_total, memory_avail, disk_total, disk_avail, gpu_stats_json
        FROM stats WHERE client_id = @client AND timestamp >= @since ORDER BY timestamp
        """;

    private const string DeleteSomeOfHost =
        "DELETE FROM stats WHERE id IN (SELECT id FROM stats WHERE client_id = @client AND id <= @last LIMIT @limit)";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<HistoryPoint>> ReadAsync(string clientId, DateTimeOffset since) =>
        Task.Run<IReadOnlyList<HistoryPoint>>(() => readers.Read(db => Read(db, clientId, since)));

    /// <inheritdoc/>
    protected override Task WriteAsync(IReadOnlyCollection<ReceivedReport> reports) =>
        writer.WriteAsync(db => reports.Sum(entry => Write(db, entry.ClientId, entry.ReceivedAt, entry.Report)));

    /// <inheritdoc/>
    protected override async Task DeleteOfHostAsync(string clientId)
    {
        var last = await writer.WriteAsync(db => (long)db.Scalar(SelectLast)!);
        while (await writer.WriteAsync(db => db.Execute(DeleteSomeOfHost, ("@client", clientId), ("@last", last), ("@limit", DeleteSize))) == DeleteSize)
        {
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> DeleteOutsideAsync(DateTimeOffset oldest, DateTimeOffset newest, CancellationToken cancellation)
    {
        var (first, last) = (Format(oldest), Format(newest));
        for (var total = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = await writer.WriteAsync(db => db.Execute(DeleteSomeOld, ("@limit", DeleteSize), ("@oldest", first), ("@newest", last)));
            total += count;
            if (count == 0)
            {
                return total;
            }
        }
    }

    private static int Write(SqliteStatements db, string clientId, DateTimeOffset receivedAt, LoadReport report) => db.Execute(
        Insert,
        ("@client", clientId),
        ("@time", Format(receivedAt)),
        ("@cores", report.CpuUsage.Length),
        ("@cpu", GrainStateJson.Serialize(report.CpuUsage)),
        ("@memory_total", report.MemoryTotalGb),
        ("@memory_used", report.MemoryUsedGb),
        ("@memory_avail", report.MemoryAvailableGb),
        ("@disk_total", report.DiskTotalGb),
        ("@disk_used", report.DiskUsedGb),
        ("@disk_avail", report.DiskAvailableGb),
        ("@gpus", GrainStateJson.Serialize(report.Gpus)));

    private static List<HistoryPoint> Read(SqliteStatements db, string clientId, DateTimeOffset since)
    {
        var points = new List<HistoryPoint>();
        using var row = db.Prepare(SelectOfHost, ("@client", clientId), ("@since", Format(since))).ExecuteReader();
        while (row.Read())
        {
            var time = DateTimeOffset.Parse(row.GetString(0), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            points.Add(ToPoint(
                time, row.GetString(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), row.GetDouble(5), row.GetString(6)));
        }

        return points;
    }

    private static string Format(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
