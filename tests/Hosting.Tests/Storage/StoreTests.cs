namespace Opsen.Hosting.Tests.Storage;

public sealed class SqliteSessionStoreTests : SessionStoreTests
{
    protected override Task<StoresUnderTest> OpenAsync() => Task.FromResult(StoresUnderTest.OpenSqlite());
}

public sealed class SqliteLedgerStorageTests : LedgerStorageTests
{
    protected override Task<StoresUnderTest> OpenAsync() => Task.FromResult(StoresUnderTest.OpenSqlite());
}

public sealed class PostgresSessionStoreTests(PostgresFixture postgres) : SessionStoreTests
{
    protected override async Task<StoresUnderTest> OpenAsync() => await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync());
}

public sealed class PostgresLedgerStorageTests(PostgresFixture postgres) : LedgerStorageTests
{
    protected override async Task<StoresUnderTest> OpenAsync() => await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync());
}
