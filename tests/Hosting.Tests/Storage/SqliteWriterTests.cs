using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

public sealed class SqliteWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SqliteFile _file;
    private readonly SqliteWriter _writer;

    public SqliteWriterTests()
    {
        _file = new SqliteFile(_directory.File("test.db"));
        _writer = new SqliteWriter(_file, new SqliteTrouble(_file, NullLogger<SqliteTrouble>.Instance));
        Execute("PRAGMA journal_mode = WAL");
        Execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
    }

    public void Dispose()
    {
        _writer.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task WriteAsync_ThousandsAtOnce_AllAreThereInOrder()
    {
        var writes = Enumerable.Range(1, 5_000).Select(i => AddAsync($"n{i}")).ToArray();

        await Task.WhenAll(writes);

        Assert.Equal(5_000L, Scalar("SELECT count(*) FROM item"));
        Assert.Equal(0L, Scalar("SELECT count(*) FROM item WHERE name <> 'n' || id"));
    }

    [Fact]
    public async Task WriteAsync_OneOfAGroupIsFaulty_OnlyItFails()
    {
        await AddAsync("taken");
        Task<int>[] writes = [.. Enumerable.Range(0, 200).Select(i => AddAsync(i % 50 == 7 ? "taken" : $"free{i}"))];

        var failed = 0;
        foreach (var write in writes)
        {
            try
            {
                await write;
            }
            catch (SqliteException error) when (error.SqliteErrorCode == 19)
            {
                failed++;
            }
        }

        Assert.Equal(4, failed);
        Assert.Equal(197L, Scalar("SELECT count(*) FROM item"));
    }

    [Fact]
    public async Task WriteAsync_HundredsOfAGroupAreFaulty_NoneRunsMoreThanTwice()
    {
        await AddAsync("taken");
        using var gate = new ManualResetEventSlim();
        var first = _writer.WriteAsync(_ =>
        {
            gate.Wait(TestContext.Current.CancellationToken);
            return 0;
        });
        var runs = new int[800];
        Task<int>[] writes = [.. runs.Select((_, i) => _writer.WriteAsync(db =>
        {
            runs[i]++;
            db.Execute("INSERT INTO item (name) VALUES (@name)", ("@name", $"before{i}"));
            return db.Execute("INSERT INTO item (name) VALUES (@name)", ("@name", i % 2 == 1 ? "taken" : $"free{i}"));
        }))];

        gate.Set();

        await first;
        await Task.WhenAll(writes).ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.Equal(400, writes.Count(write => write.IsFaulted));
        Assert.All(writes.Where((_, i) => i % 2 == 0), write => Assert.True(write.IsCompletedSuccessfully));
        Assert.Equal(801L, Scalar("SELECT count(*) FROM item"));
        Assert.InRange(runs.Max(), 1, 2);
    }

    [Fact]
    public async Task WriteAsync_OperationThrowsAfterItWrote_LeavesNothingOfIt()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _writer.WriteAsync<int>(db =>
        {
            db.Execute("INSERT INTO item (name) VALUES (@name)", ("@name", "half"));
            throw new InvalidOperationException();
        }));

        Assert.Equal(0L, Scalar("SELECT count(*) FROM item"));
    }

    [Fact]
    public async Task WriteAsync_FileIsLocked_FailsAndWorksAgainWhenItIsFree()
    {
        await AddAsync("before");
        using var other = _file.Open();
        Execute(other, "BEGIN EXCLUSIVE");

        var error = await Assert.ThrowsAsync<SqliteException>(() => AddAsync("refused"));

        Assert.Equal(5, error.SqliteErrorCode);
        Execute(other, "ROLLBACK");
        await AddAsync("after");
        Assert.Equal("before,after", Scalar("SELECT group_concat(name) FROM (SELECT name FROM item ORDER BY id)"));
    }

    [Fact]
    public async Task WriteAsync_DiskIsFull_FailsAndWorksAgainWhenThereIsSpace()
    {
        // A page limit is to SQLite what a full disk is.
        await _writer.WriteAsync(db => db.Scalar("PRAGMA max_page_count = 8"));
        var big = new string('x', 20_000);
        Assert.Equal(13, (await Assert.ThrowsAsync<SqliteException>(() => AddAsync(big))).SqliteErrorCode);

        // The connection that had the limit is gone with the failure.
        await AddAsync(big);
        Assert.Equal(1L, Scalar("SELECT count(*) FROM item"));
    }

    [Fact]
    public async Task Dispose_WritesAreWaiting_WritesThemFirst()
    {
        var writes = Enumerable.Range(0, 500).Select(i => AddAsync($"n{i}")).ToArray();

        _writer.Dispose();

        await Task.WhenAll(writes);
        Assert.Equal(500L, Scalar("SELECT count(*) FROM item"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AddAsync("late"));
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private Task<int> AddAsync(string name) => _writer.WriteAsync(db => db.Execute("INSERT INTO item (name) VALUES (@name)", ("@name", name)));

    private void Execute(string sql)
    {
        using var connection = _file.Open();
        Execute(connection, sql);
    }

    private object? Scalar(string sql)
    {
        using var connection = _file.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
