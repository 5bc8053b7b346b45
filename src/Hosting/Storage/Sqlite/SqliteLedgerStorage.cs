using System.Collections.Immutable;
using Opsen.Grains.Tiers;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Epochs as rows of <c>opsen_pool</c>, the journal of reservations as rows of <c>opsen_ledger</c>. Times are stored as milliseconds since
/// 1970.</summary>
internal sealed class SqliteLedgerStorage(SqliteReaders readers, SqliteWriter writer, SqliteTrouble trouble) : ILedgerStorage
{
    /// <summary>Rows that one transaction takes out, so that nobody's write waits long behind it.</summary>
    private const int TrimSize = 500;

    private const string Begin = """
        INSERT INTO opsen_pool (pool, epoch) VALUES (@pool, 1)
        ON CONFLICT (pool) DO UPDATE SET epoch = epoch + 1
        RETURNING epoch
        """;

    private const string Select = "SELECT id, written_at, ends_at, granted, ended FROM opsen_ledger WHERE ends_at > @now AND pool = @pool";

    private const string Insert = """
        INSERT INTO opsen_ledger (pool, epoch, written_at, ends_at, granted, ended)
        SELECT @pool, @epoch, @written, @ends, CAST(@granted AS TEXT), CAST(@ended AS TEXT)
        WHERE EXISTS (SELECT 1 FROM opsen_pool WHERE pool = @pool AND epoch = @epoch)
        """;

    private const string SelectOver = "SELECT 1 FROM opsen_ledger WHERE ends_at <= @now LIMIT 1";

    private const string DeleteOver = "DELETE FROM opsen_ledger WHERE id IN (SELECT id FROM opsen_ledger WHERE ends_at <= @now LIMIT @limit)";

    /// <inheritdoc/>
    public async Task<long> BeginEpochAsync(string pool) => (long)(await writer.WriteAsync(db => db.Scalar(Begin, ("@pool", pool))))!;

    /// <inheritdoc/>
    public async Task<ImmutableArray<LedgerEntry>> ReadAsync(string pool, DateTimeOffset now) => await Task.Run(() =>
    {
        var rows = readers.Read(db =>
        {
            var read = new List<LedgerRow>();
            using var row = db.Prepare(Select, ("@pool", pool), ("@now", now.ToUnixTimeMilliseconds())).ExecuteReader();
            while (row.Read())
            {
                read.Add(new LedgerRow(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4)));
            }

            return read;
        });

        return LedgerRow.Read(rows, trouble.RowUnreadable);
    });

    /// <inheritdoc/>
    public async Task<bool> AppendAsync(string pool, long epoch, LedgerEntry entry)
    {
        var (granted, ended) = (GrainStateJson.SerializeToUtf8(entry.Granted), GrainStateJson.SerializeToUtf8(entry.Ended));
        return await writer.WriteAsync(db => db.Execute(
            Insert,
            ("@pool", pool),
            ("@epoch", epoch),
            ("@written", entry.WrittenAt.ToUnixTimeMilliseconds()),
            ("@ends", entry.EndsAt.ToUnixTimeMilliseconds()),
            ("@granted", granted),
            ("@ended", ended))) > 0;
    }

    /// <inheritdoc/>
    public async Task TrimAsync(DateTimeOffset now)
    {
        var nowMs = now.ToUnixTimeMilliseconds();

        // Checked by a reader first, because mostly there is nothing to delete and readers do not block the writer.
        while (readers.Read(db => db.Scalar(SelectOver, ("@now", nowMs))) is not null)
        {
            await writer.WriteAsync(db => db.Execute(DeleteOver, ("@now", nowMs), ("@limit", TrimSize)));
        }
    }
}
