using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>The database's file, and how connections to it are opened. None is pooled: their owners keep them.</summary>
/// <param name="path">Where it is.</param>
/// <param name="right">The right to decide over it, given back when this is disposed; null where nobody else can.</param>
internal sealed class SqliteFile(string path, DatabaseLock? right = null) : IDisposable
{
    /// <summary>Pages that the writer keeps in memory, KiB: enough for the upper levels of every index at a million sessions.</summary>
    private const int WriterCacheKiB = 16_384;

    private readonly FileIdentity? _identity = FileIdentity.Of(path);

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>Whether the file at <see cref="Path"/> is the one that was there at the start, and this process the only one to decide over it. Two look-ups in
    /// a directory.</summary>
    public bool IsOurs => (_identity is not { } identity || FileIdentity.Of(Path) == identity) && right?.Keep() != false;

    /// <summary>Refuses to go on with a file that is not where it was: what is written into it would be lost, and another one at its place knows nothing of
    /// what is promised.</summary>
    /// <exception cref="DatabaseLostException">It was deleted or replaced.</exception>
    public void ThrowIfLost()
    {
        if (!IsOurs)
        {
            throw new DatabaseLostException(Path);
        }
    }

    /// <summary>
    /// A connection that writes. With a write-ahead log, NORMAL keeps what is committed through the death of the process; only a machine that loses power
    /// can lose the last commits, and even that leaves the file sound.
    /// </summary>
    public SqliteConnection OpenForWriting() => Open($"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{WriterCacheKiB}");

    /// <summary>A connection that only reads. Readers and the writer do not wait for each other.</summary>
    public SqliteConnection OpenForReading()
    {
        ThrowIfLost();
        return Open("PRAGMA query_only = ON");
    }

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

    /// <inheritdoc/>
    public void Dispose() => right?.Dispose();

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
