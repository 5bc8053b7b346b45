using Microsoft.Data.Sqlite;
using Opsen.Silo.Storage;

namespace Opsen.Silo.Tests.Storage;

public sealed class SingleWriterSqliteDataSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SingleWriterSqliteDataSource _database;

    public SingleWriterSqliteDataSourceTests() => _database = new SingleWriterSqliteDataSource(_directory.File("test.db"));

    public void Dispose()
    {
        _database.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task OpenConnection_WhileAnotherIsOpen_WaitsForIt()
    {
        var first = await _database.OpenConnectionAsync();
        var second = _database.OpenConnectionAsync().AsTask();
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();

        await using var connection = await second;
        Assert.Equal(System.Data.ConnectionState.Open, connection.State);
    }

    [Fact]
    public async Task OpenConnection_ClosedAndDisposed_GivesItsTurnOnce()
    {
        var first = await _database.OpenConnectionAsync();
        await first.CloseAsync();
        await first.DisposeAsync();

        await using var second = await _database.OpenConnectionAsync();
        using var gaveUp = new CancellationTokenSource();
        var third = _database.OpenConnectionAsync(gaveUp.Token).AsTask();
        Assert.False(third.IsCompleted);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
    }

    [Fact]
    public async Task OpenConnection_ThatFails_GivesItsTurnBack()
    {
        using var broken = new SingleWriterSqliteDataSource(_directory.Path);

        await Assert.ThrowsAsync<SqliteException>(async () => await broken.OpenConnectionAsync());
        await Assert.ThrowsAsync<SqliteException>(async () => await broken.OpenConnectionAsync());
    }

    [Fact]
    public async Task Writers_ManyAtOnce_AllSucceed()
    {
        await ExecuteAsync("CREATE TABLE t (n INTEGER)");

        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => ExecuteAsync($"INSERT INTO t VALUES ({n})")));

        await using var connection = await _database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM t";
        Assert.Equal(500L, await command.ExecuteScalarAsync());
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
