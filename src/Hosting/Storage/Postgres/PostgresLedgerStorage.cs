using System.Collections.Immutable;
using Npgsql;
using Opsen.Grains.Tiers;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Epochs as rows of <c>opsen_pool</c>, the journal of reservations as rows of <c>opsen_ledger</c>. Times are stored as milliseconds since
/// 1970.</summary>
internal sealed class PostgresLedgerStorage(PostgresDatabase database, PostgresTrouble trouble) : ILedgerStorage
{
    private const string Begin = """
        INSERT INTO opsen_pool (pool, epoch) VALUES ($1, 1)
        ON CONFLICT (pool) DO UPDATE SET epoch = opsen_pool.epoch + 1, confirmation = 0
        RETURNING epoch
        """;

    private const string Select = "SELECT id, written_at, ends_at, granted, ended FROM opsen_ledger WHERE ends_at > $2 AND pool = $1";

    private const string Insert = """
        INSERT INTO opsen_ledger (pool, epoch, written_at, ends_at, granted, ended)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE EXISTS (SELECT 1 FROM opsen_pool WHERE pool = $1 AND epoch = $2)
        """;

    private const string Trim = "DELETE FROM opsen_ledger WHERE ends_at <= $1";

    /// <inheritdoc/>
    public Task<long> BeginEpochAsync(string pool) => database.RunAsync(async connection =>
    {
        // One transaction, as every batch is.
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { PoolLock.Exclusive(pool), PostgresDatabase.BatchCommand(Begin, pool) } };
        await using var results = await batch.ExecuteReaderAsync();
        await results.NextResultAsync();
        await results.ReadAsync();
        var epoch = results.GetInt64(0);

        // Until the end, because only that confirms the commit.
        await results.NextResultAsync();
        return epoch;
    });

    /// <inheritdoc/>
    public async Task<ImmutableArray<LedgerEntry>> ReadAsync(string pool, DateTimeOffset now) => LedgerRow.Read(
        await database.QueryAsync(
            Select,
            static row => new LedgerRow(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4)),
            pool,
            now.ToUnixTimeMilliseconds()),
        trouble.RowUnreadable);

    /// <inheritdoc/>
    public Task<bool> AppendAsync(string pool, long epoch, LedgerEntry entry) => database.RunAsync(async connection =>
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                PoolLock.Shared(pool),
                PostgresDatabase.BatchCommand(
                    Insert,
                    pool,
                    epoch,
                    entry.WrittenAt.ToUnixTimeMilliseconds(),
                    entry.EndsAt.ToUnixTimeMilliseconds(),
                    GrainStateJson.Serialize(entry.Granted),
                    GrainStateJson.Serialize(entry.Ended)),
            },
        };
        await batch.ExecuteNonQueryAsync();
        return batch.BatchCommands[1].RecordsAffected > 0;
    });

    /// <inheritdoc/>
    public async Task TrimAsync(DateTimeOffset now) => await database.ExecuteAsync(Trim, CancellationToken.None, now.ToUnixTimeMilliseconds());
}
