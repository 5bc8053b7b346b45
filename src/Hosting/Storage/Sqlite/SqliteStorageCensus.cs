using Opsen.Grains.Budgets;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Counts the rows, off the grains' threads.</summary>
internal sealed class SqliteStorageCensus(SqliteReaders readers, string service) : IStorageCensus
{
    private const string CountSessions = "SELECT count(*) FROM opsen_session";

    private const string CountHosts = "SELECT count(*) FROM opsen_grain_state WHERE service_id = @service AND state_name = @name";

    private const string SelectPools = "SELECT pool FROM opsen_pool";

    /// <inheritdoc/>
    public Task<StoredNumbers> CountAsync() => Task.Run(() => readers.Read(db =>
    {
        var sessions = (long)db.Scalar(CountSessions)!;
        var hosts = (long)db.Scalar(CountHosts, ("@service", service), ("@name", StoredHosts.StateName))!;
        var pools = new List<string>();
        using var row = db.Prepare(SelectPools).ExecuteReader();
        while (row.Read())
        {
            pools.Add(row.GetString(0));
        }

        return new StoredNumbers(sessions, hosts, [.. pools]);
    }));
}
