using Opsen.Grains.Tiers.Leases;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>What indexes have confirmed, beside their epochs in <c>opsen_pool</c>.</summary>
internal sealed class PostgresLeaseStorage(PostgresDatabase database) : ILeaseStorage
{
    private const string Select = "SELECT witnesses, gateways FROM opsen_pool WHERE pool = $1";

    private const string Update =
        "UPDATE opsen_pool SET witnesses = $4, gateways = $5, confirmation = $3 WHERE pool = $1 AND epoch = $2 AND confirmation < $3";

    /// <inheritdoc/>
    public async Task<FormerLease> ReadAsync(string pool) => (await database.QueryAsync(
        Select, static row => new FormerLease([.. row.GetFieldValue<string[]>(0)], [.. row.GetFieldValue<Guid[]>(1)]), pool))[0];

    /// <inheritdoc/>
    public async Task<bool> ConfirmAsync(string pool, long epoch, long number, IReadOnlyCollection<string> witnesses, IReadOnlyCollection<Guid> gateways) =>
        await database.ExecuteAsync(Update, CancellationToken.None, pool, epoch, number, witnesses.ToArray(), gateways.ToArray()) > 0;
}
