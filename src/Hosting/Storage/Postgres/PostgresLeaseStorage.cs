using Opsen.Grains.Tiers.Leases;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>What indexes have confirmed, beside their epochs in <c>opsen_pool</c>.</summary>
internal sealed class PostgresLeaseStorage(PostgresDatabase database) : ILeaseStorage
{
    private const string Select =
        "SELECT witnesses, gateways, extract(epoch FROM clock_timestamp() - confirmed_at)::float8 FROM opsen_pool WHERE pool = $1";

    private const string Update =
        "UPDATE opsen_pool SET witnesses = $3, gateways = $4, confirmed_at = clock_timestamp() WHERE pool = $1 AND epoch = $2";

    /// <inheritdoc/>
    public async Task<FormerLease> ReadAsync(string pool) => (await database.QueryAsync(
        Select,
        static row => new FormerLease(
            [.. row.GetFieldValue<string[]>(0)], [.. row.GetFieldValue<Guid[]>(1)], TimeSpan.FromSeconds(Math.Max(0, row.GetDouble(2)))),
        pool))[0];

    /// <inheritdoc/>
    public async Task<bool> ConfirmAsync(string pool, long epoch, IReadOnlyCollection<string> witnesses, IReadOnlyCollection<Guid> gateways) =>
        await database.ExecuteAsync(Update, CancellationToken.None, pool, epoch, witnesses.ToArray(), gateways.ToArray()) > 0;
}
