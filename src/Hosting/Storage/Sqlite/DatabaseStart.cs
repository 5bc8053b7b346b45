using Opsen.Hosting.Storage.Sqlite.Takeover;
using Opsen.Protocol.Configuration;
using SQLitePCL;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>The database that this process decides over.</summary>
/// <param name="Right">The right to do so.</param>
/// <param name="TakenOver">What was taken over from the reference's tables at this start; null when the file was not the reference's.</param>
internal sealed record OwnedDatabase(DatabaseLock Right, TakenOver? TakenOver);

/// <summary>Makes this process the only one that decides over a database file, and the file ready.</summary>
internal static class DatabaseStart
{
    /// <summary>Takes the lock, applies the schema and checks that the file lies where one lock is enough.</summary>
    /// <exception cref="StorageStartException">The file cannot be used; the message says why and what to do.</exception>
    public static OwnedDatabase Take(ServerOptions options) => SqliteSchema.Explained(options.Database, () =>
    {
        SqliteSchema.MakeDirectory(options.Database);
        var path = RealPath(options.Database);
        var right = DatabaseLock.Take(path, AppDomain.CurrentDomain.FriendlyName);
        try
        {
            var taken = SqliteSchema.Apply(options);
            SqlitePool.Rename(options.Database, options.Pool);
            return DatabasePlace.Problem(path) is { } problem ? throw new StorageStartException(problem) : new OwnedDatabase(right, taken);
        }
        catch
        {
            right.Dispose();
            throw;
        }
    });

    /// <summary>The file's path as SQLite sees it, which follows symbolic links and puts its log beside what it finds. Makes an empty file when there is
    /// none.</summary>
    private static string RealPath(string path)
    {
        using var connection = new SqliteFile(path).Open();
        return raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string();
    }
}
