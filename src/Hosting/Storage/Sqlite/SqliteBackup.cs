using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Copies a database that may be in use.</summary>
public static class SqliteBackup
{
    /// <summary>Writes a copy of a moment, in one file, and checks it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="target">The file, which is not there yet.</param>
    /// <exception cref="IOException">The database cannot be read or is damaged, or the file cannot be written.</exception>
    public static void Copy(string database, string target)
    {
        try
        {
            // A reader of a write-ahead log writes too: into the memory that its readers share.
            using var from = Open(database, SqliteOpenMode.ReadWrite);
            using var to = Open(target, SqliteOpenMode.ReadWriteCreate);
            from.BackupDatabase(to);
            Run(to, "PRAGMA journal_mode = DELETE");
            if (Run(to, "PRAGMA quick_check") is not "ok")
            {
                throw new IOException("the copy is damaged, so the database is; see the gateway's log");
            }
        }
        catch (SqliteException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static object? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
