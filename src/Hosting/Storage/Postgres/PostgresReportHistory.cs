using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Reports as rows of <c>stats</c>.</summary>
internal sealed class PostgresReportHistory(PostgresDatabase database, ServerOptions options, TimeProvider time, ILogger<ReportHistory> logger)
    : ReportHistory(options, time, logger)
{
    /// <summary>Rows that one statement deletes, so that no lock is held for long.</summary>
    private const int DeleteSize = 1000;

    private const string Insert = """
        INSERT INTO stats (client_id, timestamp, cpu_cores, cpu_usage_json, memory_total, memory_used, memory_avail, disk_total, disk_used, disk_avail, gpu_stats_json)
        SELECT client_id, timestamp, cpu_cores, cpu::json, memory_total, memory_used, memory_avail, disk_total, disk_used, disk_avail, gpus::json
        FROM unnest(
            $1::text[], $2::timestamptz[], $3::integer[], $4::text[],
            $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::float8[], $11::text[])
        AS r (client_id, timestamp, cpu_cores, cpu, memory_total, memory_used, memory_avail, disk_total, disk_used, disk_avail, gpus)
        """;

    private const string DeleteSomeOfHost =
        "DELETE FROM stats WHERE id IN (SELECT id FROM stats WHERE client_id = $1 AND id <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED)";

    private const string SelectOfHost = """
        SELECT timestamp, cpu_usage_json::text, memory_total, memory_avail, disk_total, disk_avail, gpu_stats_json::text
        FROM stats WHERE client_id = $1 AND timestamp >= $2 ORDER BY timestamp
        """;

    private const string SelectLast = "SELECT coalesce(max(id), 0) FROM stats";

    private const string DeleteSomeOutside =
        "DELETE FROM stats WHERE id IN (SELECT id FROM stats WHERE timestamp < $1 OR timestamp > $2 LIMIT $3 FOR UPDATE SKIP LOCKED)";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<HistoryPoint>> ReadAsync(string clientId, DateTimeOffset since) => await database.QueryAsync(
        SelectOfHost,
        static row => ToPoint(
            row.GetFieldValue<DateTimeOffset>(0), row.GetString(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), row.GetDouble(5), row.GetString(6)),
        clientId,
        since.UtcDateTime);

    /// <inheritdoc/>
    protected override Task WriteAsync(IReadOnlyCollection<ReceivedReport> reports) => database.ExecuteAsync(
        Insert,
        CancellationToken.None,
        Column(reports, static one => one.ClientId),
        Column(reports, static one => one.ReceivedAt.UtcDateTime),
        Column(reports, static one => one.Report.CpuUsage.Length),
        Column(reports, static one => GrainStateJson.Serialize(one.Report.CpuUsage)),
        Column(reports, static one => one.Report.MemoryTotalGb),
        Column(reports, static one => one.Report.MemoryUsedGb),
        Column(reports, static one => one.Report.MemoryAvailableGb),
        Column(reports, static one => one.Report.DiskTotalGb),
        Column(reports, static one => one.Report.DiskUsedGb),
        Column(reports, static one => one.Report.DiskAvailableGb),
        Column(reports, static one => GrainStateJson.Serialize(one.Report.Gpus)));

    /// <inheritdoc/>
    protected override async Task DeleteOfHostAsync(string clientId)
    {
        var last = (long)(await database.ScalarAsync(SelectLast))!;
        while (await database.ExecuteAsync(DeleteSomeOfHost, CancellationToken.None, clientId, last, DeleteSize) == DeleteSize)
        {
        }
    }

    /// <inheritdoc/>
    protected override Task<int> DeleteOutsideAsync(DateTimeOffset oldest, DateTimeOffset newest, CancellationToken cancellation) => SingleRunner.RunAsync(
        database,
        SingleRunner.Reports,
        async () =>
        {
            for (var total = 0; ;)
            {
                var count = await database.ExecuteAsync(DeleteSomeOutside, cancellation, oldest.UtcDateTime, newest.UtcDateTime, DeleteSize);
                total += count;
                if (count < DeleteSize)
                {
                    return total;
                }
            }
        },
        cancellation);

    private static T[] Column<T>(IReadOnlyCollection<ReceivedReport> reports, Func<ReceivedReport, T> value) => [.. reports.Select(value)];
}
