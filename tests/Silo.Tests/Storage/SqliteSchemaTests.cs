using Opsen.Silo.Storage;
using Opsen.Silo.Storage.Sqlite;

namespace Opsen.Silo.Tests.Storage;

public sealed class SqliteSchemaTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Apply_NewFileInANewDirectory_MakesBothWithAWriteAheadLog()
    {
        var path = _directory.File("sub/dir/opsen.db");

        SqliteSchema.Apply(path);

        Assert.Equal("wal", Scalar(path, "PRAGMA journal_mode"));
        Assert.Equal(2L, Scalar(path, "PRAGMA user_version"));
    }

    [Fact]
    public void Apply_Twice_ChangesNothing()
    {
        var path = _directory.File("opsen.db");
        SqliteSchema.Apply(path);
        Execute(path, "INSERT INTO opsen_grain_state VALUES ('s', 'session', 'k', '{}', 7, '2026-01-01T00:00:00.000Z')");

        SqliteSchema.Apply(path);

        Assert.Equal(7L, Scalar(path, "SELECT version FROM opsen_grain_state"));
    }

    [Fact]
    public void Apply_FileOfANewerProgram_IsRefused()
    {
        var path = _directory.File("opsen.db");
        SqliteSchema.Apply(path);
        Execute(path, "PRAGMA user_version = 99");

        var error = Assert.Throws<StorageStartException>(() => SqliteSchema.Apply(path));

        Assert.Contains("schema version 99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_FileThatIsNoDatabase_IsRefusedWithTheReason()
    {
        var path = _directory.File("opsen.db");
        File.WriteAllText(path, new string('x', 4096));

        var error = Assert.Throws<StorageStartException>(() => SqliteSchema.Apply(path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("not a database", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_PathIsADirectory_IsRefused() => Assert.Throws<StorageStartException>(() => SqliteSchema.Apply(_directory.Path));

    private static object? Scalar(string path, string sql)
    {
        using var connection = new SqliteFile(path).Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Execute(string path, string sql) => Scalar(path, sql);
}
