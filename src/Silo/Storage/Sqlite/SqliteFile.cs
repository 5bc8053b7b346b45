using Microsoft.Data.Sqlite;

namespace Opsen.Silo.Storage.Sqlite;

/// <summary>The database's file, and how connections to it are opened. None is pooled: their owners keep them.</summary>
internal sealed class SqliteFile(string path)
{
    /// <summary>Pages that the writer keeps in memory, KiB: enough for the upper levels of every index at a million sessions.</summary>
    private const int WriterCacheKiB = 16_384;

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>
    /// A connection that writes. With a write-ahead log, NORMAL keeps what is committed through the death of the process; only a machine that loses power
    /// can lose the last commits, and even that leaves the file sound.
    /// </summary>
    public SqliteConnection OpenForWriting() => Open($"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{WriterCacheKiB}");

    /// <summary>A connection that only reads. Readers and the writer do not wait for each other.</summary>
    public SqliteConnection OpenForReading() => Open("PRAGMA query_only = ON");

    /// <summary>A connection without settings.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Pooling = false,
            // Seconds to wait for another process that has the file locked, and the least that the driver can wait.
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SqliteConnection Open(string settings)
    {
        var connection = Open();
        try
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
            command.CommandText = settings;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
