using Opsen.Grains.Budgets;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Counts the rows.</summary>
internal sealed class PostgresStorageCensus(PostgresDatabase database, string service) : IStorageCensus
{
    private const string CountSessions = "SELECT count(*) FROM opsen_session";

    private const string CountHosts = "SELECT count(*) FROM opsen_grain_state WHERE service_id = $1 AND state_name = $2";

    private const string SelectPools = "SELECT pool FROM opsen_pool";

    /// <inheritdoc/>
    public async Task<StoredNumbers> CountAsync() => new(
        (long)(await database.ScalarAsync(CountSessions))!,
        (long)(await database.ScalarAsync(CountHosts, service, StoredHosts.StateName))!,
        [.. await database.QueryAsync(SelectPools, static row => row.GetString(0))]);
}
