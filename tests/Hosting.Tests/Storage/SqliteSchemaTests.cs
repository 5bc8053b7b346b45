using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

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
        Assert.Equal(4L, Scalar(path, "PRAGMA user_version"));
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

    [Fact]
    public void Apply_FileOfVersion1_KeepsHostsAndSessions()
    {
        var path = _directory.File("opsen.db");
        Execute(path, """
            CREATE TABLE opsen_grain_state (service_id TEXT NOT NULL, state_name TEXT NOT NULL, grain_key TEXT NOT NULL, state TEXT, version INTEGER NOT NULL,
                modified_at TEXT NOT NULL, PRIMARY KEY (service_id, state_name, grain_key));
            CREATE TABLE OrleansQuery (QueryKey TEXT NOT NULL PRIMARY KEY, QueryText TEXT NOT NULL);
            INSERT INTO opsen_grain_state VALUES
                ('opsen', 'backend', 'b1', '{"host":{}}', 3, '2026-01-01T00:00:00.000Z'),
                ('opsen', 'session', 'default/a/b', '{"assignments":{
                    "lite":{"client_id":"b1","reservation_id":"0af7651916cd43dd8448eb211c80319c","gpu_ids":[1,2],
                            "created_at":"2026-01-01T10:00:00.5+00:00","last_used":"2026-01-01T11:00:00.1234567+00:00"},
                    "large":{"client_id":"b2","reservation_id":"0af76519-16cd-43dd-8448-eb211c80319d","gpu_ids":[],
                            "created_at":"2026-01-01T10:00:00+00:00","last_used":"2026-01-01T10:00:00+00:00"}}}', 1, '2026-01-01T00:00:00.000Z');
            PRAGMA user_version = 1;
            """);

        SqliteSchema.Apply(path);

        Assert.Equal(
            "default|a/b|lite|b1|0af7651916cd43dd8448eb211c80319c|[1,2]|1767261600500|1767265200123,default|a/b|large|b2|0af7651916cd43dd8448eb211c80319d|[]|1767261600000|1767261600000",
            Scalar(path, """
                SELECT group_concat(concat_ws('|', pool, sticky_id, tier, client_id, reservation_id, gpu_ids, created_at, last_used))
                FROM (SELECT * FROM opsen_session ORDER BY tier DESC)
                """));
        Assert.Equal("backend", Scalar(path, "SELECT group_concat(state_name) FROM opsen_grain_state"));
        Assert.Equal(4L, Scalar(path, "PRAGMA user_version"));
    }

    [Fact]
    public void Apply_FileOfVersion2_KeepsSessionsAndReservations()
    {
        var path = _directory.File("opsen.db");
        Execute(path, """
            CREATE TABLE opsen_grain_state (service_id TEXT NOT NULL, state_name TEXT NOT NULL, grain_key TEXT NOT NULL, state TEXT, version INTEGER NOT NULL,
                modified_at TEXT NOT NULL, PRIMARY KEY (service_id, state_name, grain_key));
            CREATE TABLE opsen_session (id INTEGER PRIMARY KEY, pool TEXT NOT NULL, sticky_id TEXT NOT NULL, tier TEXT NOT NULL, client_id TEXT NOT NULL,
                affinity_epoch INTEGER NOT NULL, reservation_id TEXT NOT NULL, gpu_ids TEXT NOT NULL, created_at INTEGER NOT NULL, last_used INTEGER NOT NULL);
            INSERT INTO opsen_session VALUES (7, 'default', 's', 'lite', 'b1', 3, '0af7651916cd43dd8448eb211c80319c', '[]', 1767261600500, 1767265200123);
            INSERT INTO opsen_grain_state VALUES
                ('opsen', 'ledger', 'web/17', '{"sequence":9,"granted":[{"id":"0af76519-16cd-43dd-8448-eb211c80319d","client_id":"b1","tier":"lite","gpu_ids":[1],
                    "expires_at":"2026-01-01T10:02:00+00:00"}],"ended":["0af76519-16cd-43dd-8448-eb211c80319e"]}', 3, '2026-01-01T10:00:00.000Z'),
                ('opsen', 'ledger', 'web/18', '{"sequence":0,"granted":[],"ended":[]}', 3, '2026-01-01T10:00:00.000Z');
            PRAGMA user_version = 2;
            """);

        SqliteSchema.Apply(path);

        Assert.Equal("7|0", Scalar(path, "SELECT concat_ws('|', id, reserved_until) FROM opsen_session"));
        Assert.Equal(
            "web|0|1767261600000|lite|0af76519-16cd-43dd-8448-eb211c80319e",
            Scalar(path, "SELECT concat_ws('|', pool, epoch, written_at, granted ->> '$[0].tier', ended ->> '$[0]') FROM opsen_ledger ORDER BY id LIMIT 1"));
        Assert.Equal(0L, Scalar(path, "SELECT count(*) FROM opsen_grain_state"));
    }

    [Fact]
    public void Apply_FileOfVersion3_KeepsSessionsInTheirPool()
    {
        var path = _directory.File("opsen.db");
        Execute(path, """
            CREATE TABLE opsen_session (id INTEGER PRIMARY KEY, pool TEXT NOT NULL, sticky_id TEXT NOT NULL, tier TEXT NOT NULL, client_id TEXT NOT NULL,
                affinity_epoch INTEGER NOT NULL, reservation_id TEXT NOT NULL, gpu_ids TEXT NOT NULL, created_at INTEGER NOT NULL, last_used INTEGER NOT NULL,
                reserved_until INTEGER NOT NULL DEFAULT 0);
            INSERT INTO opsen_session VALUES (7, 'web', 's', 'lite', 'b1', 3, '0af7651916cd43dd8448eb211c80319c', '[]', 1767261600500, 1767265200123, 5);
            PRAGMA user_version = 3;
            """);

        SqliteSchema.Apply(path);

        Assert.Equal("web|s|5|", Scalar(path, "SELECT concat_ws('|', pool, sticky_id, reserved_until, host_pool) FROM opsen_session"));
        Assert.Equal(4L, Scalar(path, "PRAGMA user_version"));
    }

    private static object? Scalar(string path, string sql)
    {
        using var connection = new SqliteFile(path).Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Execute(string path, string sql) => Scalar(path, sql);
}
