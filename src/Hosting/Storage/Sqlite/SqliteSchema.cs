using Microsoft.Data.Sqlite;
using Opsen.Hosting.Storage.Sqlite.Takeover;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Makes a SQLite file ready for use: creates it, switches it to a write-ahead log and applies the schema.</summary>
public static class SqliteSchema
{
    /// <summary>Version of the schema that this program writes (the file's <c>user_version</c>).</summary>
    private const long SchemaVersion = 4;

    // Result codes of SQLite.
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>Prepares the file.</summary>
    /// <exception cref="StorageStartException">The file cannot be used; the message says why and what to do.</exception>
    public static void Apply(string path) => Apply(new ServerOptions { Database = path });

    /// <summary>Prepares the file that the configuration names, and makes ours what the reference implementation left in it. All of it happens, or
    /// nothing.</summary>
    /// <returns>What was taken over; null when the file is not the reference's.</returns>
    /// <exception cref="StorageStartException">The file cannot be used; the message says why and what to do.</exception>
    internal static TakenOver? Apply(ServerOptions options) => Explained(options.Database, () =>
    {
        MakeDirectory(options.Database);
        using var connection = new SqliteFile(options.Database).Open();
        var found = (long)Scalar(connection, "PRAGMA user_version")!;
        if (found > SchemaVersion)
        {
            throw new StorageStartException(
                $"The database {options.Database} has schema version {found}, and this program knows {SchemaVersion}: start the newer program, or name another file in 'database'.");
        }

        var mode = (string)Scalar(connection, "PRAGMA journal_mode = WAL")!;
        if (mode != "wal")
        {
            throw new StorageStartException($"The database {options.Database} cannot have a write-ahead log (journal mode '{mode}'): put it on a local file system.");
        }

        using var transaction = connection.BeginTransaction();
        var isReference = found == 0 && ReferenceTables.PutAside(connection, options.Database);
        if (found == 2)
        {
            RunScript(connection, transaction, "before-3.sql");
        }

        if (found is 2 or 3)
        {
            RunScript(connection, transaction, "before-4.sql");
        }

        RunScript(connection, transaction, "schema.sql");
        if (found == 1)
        {
            RunScript(connection, transaction, "from-1.sql");
        }

        if (found is 1 or 2)
        {
            RunScript(connection, transaction, "from-2.sql");
        }

        var taken = isReference ? new ReferenceTakeover(connection, new SqliteStatements(connection), options, DateTimeOffset.UtcNow).Run() : null;
        transaction.Commit();
        return taken;
    });

    /// <summary>Makes the directory of a file.</summary>
    internal static void MakeDirectory(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
        }
    }

    /// <summary>Runs what prepares a file; what goes wrong becomes a message for the operator.</summary>
    internal static T Explained<T>(string path, Func<T> prepare)
    {
        try
        {
            return prepare();
        }
        catch (SqliteException error) when (error.SqliteErrorCode is Corrupt or NotADatabase)
        {
            throw new StorageStartException(
                $"The database {path} is damaged, or is not one: {error.Message} Restore it from a copy, or move it away together with its -wal file to start with an empty one.", error);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StorageStartException($"The database {path} cannot be opened: {error.Message} Check 'database', its directory's permissions and free space.", error);
        }
    }

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = text;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    private static void RunScript(SqliteConnection connection, SqliteTransaction transaction, string name)
    {
        using var stream = typeof(SqliteSchema).Assembly.GetManifestResourceStream($"Opsen.Hosting.Storage.Sqlite.{name}")!;
        using var reader = new StreamReader(stream);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The text is a resource of this assembly.
        command.CommandText = reader.ReadToEnd();
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
