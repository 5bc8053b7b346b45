using Opsen.Hosting.Cluster;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.Storage;

public sealed class PostgresSchemaTests(PostgresFixture postgres)
{
    [Fact]
    public async Task ApplyAsync_ManyAtOnce_OneAppliesItAndAllFindTheSameDatabase()
    {
        var options = await NewAsync();

        var found = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostgresSchema.ApplyAsync(options, CancellationToken.None)));

        Assert.Single(found.Select(static one => one.Id).Distinct());
        Assert.Single(found, static one => one.FoundVersion == 0);
    }

    [Fact]
    public async Task ApplyAsync_SchemaOfVersion1_IsUpgradedInPlace()
    {
        var options = await NewAsync();
        await PostgresSchema.ApplyAsync(options, CancellationToken.None);
        await QueryAsync(options, """
            UPDATE opsen_schema SET version = 1;
            ALTER TABLE opsen_session DROP COLUMN host_pool;
            INSERT INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until)
            VALUES ('default', 's', 'lite', 'h1', 1, gen_random_uuid(), '{}', 1, 1, 1)
            """);

        Assert.Equal(1, (await PostgresSchema.ApplyAsync(options, CancellationToken.None)).FoundVersion);

        Assert.Equal("2|s|", await QueryAsync(options, "SELECT version, sticky_id, host_pool FROM opsen_schema, opsen_session"));
    }

    [Fact]
    public async Task ApplyAsync_NewerSchema_SaysSoAndChangesNothing()
    {
        var options = await NewAsync();
        await PostgresSchema.ApplyAsync(options, CancellationToken.None);
        await QueryAsync(options, "UPDATE opsen_schema SET version = 999; DROP TABLE opsen_ledger");

        var error = await Assert.ThrowsAsync<StorageStartException>(() => PostgresSchema.ApplyAsync(options, CancellationToken.None));

        Assert.Contains("has schema version 999, and this program knows", error.Message, StringComparison.Ordinal);
        Assert.Equal("999|", await QueryAsync(options, "SELECT version, to_regclass('opsen_ledger') FROM opsen_schema"));
    }

    [Fact]
    public async Task ApplyAsync_DatabaseOfAnotherCluster_SaysWhose()
    {
        var options = await NewAsync();
        await PostgresSchema.ApplyAsync(options, CancellationToken.None);

        var error = await Assert.ThrowsAsync<StorageStartException>(
            () => PostgresSchema.ApplyAsync(new ServerOptions { ClusterConnection = options.ClusterConnection, ClusterId = "other" }, CancellationToken.None));

        Assert.Contains("belongs to the cluster 'opsen', and cluster_id is 'other'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAsync_ScriptFails_LeavesNothing()
    {
        var options = await NewAsync();
        await QueryAsync(options, "CREATE VIEW opsen_ledger AS SELECT 1 AS one");

        await Assert.ThrowsAsync<StorageStartException>(() => PostgresSchema.ApplyAsync(options, CancellationToken.None));

        Assert.Equal("", await QueryAsync(options, "SELECT to_regclass('opsen_schema')"));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Database=y", "cannot be used")]
    [InlineData("Hosst=db1", "cluster_connection cannot be read")]
    [InlineData("nonsense", "cluster_connection cannot be read")]
    public async Task ApplyAsync_WrongConnectionString_SaysWhatToChange(string connection, string expected)
    {
        var error = await Assert.ThrowsAsync<StorageStartException>(
            () => PostgresSchema.ApplyAsync(new ServerOptions { ClusterConnection = connection }, CancellationToken.None));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("cluster_connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAsync_NoSuchDatabase_SaysToCreateIt()
    {
        var server = await postgres.ServerAsync();

        var error = await Assert.ThrowsAsync<StorageStartException>(
            () => PostgresSchema.ApplyAsync(new ServerOptions { ClusterConnection = server.ConnectionString("missing") }, CancellationToken.None));

        Assert.Contains("Create it, or correct cluster_connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MigrateAsync_Twice_SaysWhatItDid()
    {
        var options = await NewAsync();

        Assert.Contains("had no schema and has version", await PostgresCluster.MigrateAsync(options), StringComparison.Ordinal);
        Assert.Contains("already", await PostgresCluster.MigrateAsync(options), StringComparison.Ordinal);
    }

    private async Task<ServerOptions> NewAsync() => new() { ClusterConnection = await postgres.CreateDatabaseAsync() };

    private async Task<string> QueryAsync(ServerOptions options, string sql) => await (await postgres.ServerAsync()).QueryAsync(options.ClusterConnection, sql);
}
