using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>The pool that this file's server has. Where <c>pool</c> was renamed since the last start, what is stored of the old one moves with it: hosts that
/// named no pool, sessions, reservations.</summary>
public static class SqlitePool
{
    private const string Follow = """
        UPDATE opsen_session SET pool = @new WHERE pool = @old;
        UPDATE opsen_session SET host_pool = @new WHERE host_pool = @old;
        UPDATE opsen_ledger SET pool = @new WHERE pool = @old;
        INSERT INTO opsen_pool (pool, epoch) SELECT @new, epoch FROM opsen_pool WHERE pool = @old
        ON CONFLICT (pool) DO UPDATE SET epoch = max(epoch, excluded.epoch);
        DELETE FROM opsen_pool WHERE pool = @old;
        UPDATE opsen_grain_state
        SET state = json_set(state, '$.host.registration.pool', @new, '$.host.registration.is_pool_of_gateway', json('true')), version = version + 1
        WHERE state_name = 'backend' AND json_valid(state) AND state ->> '$.host.registration.pool' = @old
          AND coalesce(state ->> '$.host.registration.is_pool_of_gateway', @old = 'default');
        """;

    /// <summary>Notes the server's pool, and renames the one before. A pool that has sessions already is left as it is: then there were two, and nobody
    /// can tell what belongs where.</summary>
    /// <param name="path">The file, with its schema.</param>
    /// <param name="pool">The server's pool now.</param>
    /// <returns>The pool that was renamed, or null.</returns>
    /// <exception cref="StorageStartException">The file cannot be used.</exception>
    public static string? Rename(string path, string pool)
    {
        try
        {
            using var connection = new SqliteFile(path).OpenForWriting();
            using var statements = new SqliteStatements(connection);
            statements.Execute("BEGIN IMMEDIATE");
            var previous = statements.Scalar("SELECT value FROM opsen_setting WHERE name = 'pool'") as string ?? "default";
            var hasSessions = statements.Scalar("SELECT 1 FROM opsen_session WHERE pool = @pool LIMIT 1", ("@pool", pool)) is not null;
            var isRenamed = previous != pool && !hasSessions;
            if (isRenamed)
            {
                statements.Execute(Follow, ("@old", previous), ("@new", pool));
            }

            statements.Execute("INSERT INTO opsen_setting (name, value) VALUES ('pool', @pool) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("@pool", pool));
            statements.Execute("COMMIT");
            return isRenamed ? previous : null;
        }
        catch (SqliteException error)
        {
            throw new StorageStartException($"The database {path} cannot be written: {error.Message} Check its permissions and free space.", error);
        }
    }
}
