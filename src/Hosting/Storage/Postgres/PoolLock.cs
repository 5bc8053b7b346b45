using Npgsql;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>
/// Orders writes under an epoch and the beginning of the next one. A writer that has seen its epoch and has not committed yet would otherwise be missed by the
/// index that begins: its row is invisible to the new index, and becomes durable after all. Advisory locks end with their transaction and write nothing.
/// </summary>
internal static class PoolLock
{
    // Tells these locks from others in the database.
    private const int Space = 0x6F707365;

    /// <summary>For writers. It must stand before the statement that checks the epoch, which then sees everything that was committed before.</summary>
    public static NpgsqlBatchCommand Shared(string pool) =>
        PostgresDatabase.BatchCommand($"SELECT pg_advisory_xact_lock_shared({Space}, hashtext($1))", pool);

    /// <summary>For an index that begins.</summary>
    public static NpgsqlBatchCommand Exclusive(string pool) => PostgresDatabase.BatchCommand($"SELECT pg_advisory_xact_lock({Space}, hashtext($1))", pool);
}
