using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Sessions;
using Opsen.Grains.Tiers;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.Storage;

/// <summary>A database's stores, as a silo has them.</summary>
public sealed class StoresUnderTest : IAsyncDisposable
{
    private readonly Func<ValueTask<StoresUnderTest>> _again;
    private readonly Action _close;

    private StoresUnderTest(Action<IServiceCollection> add, Func<ValueTask<StoresUnderTest>> again, Action close)
    {
        (_again, _close) = (again, close);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        add(services);
        Services = services.BuildServiceProvider();
    }

    /// <summary>What the stores were added to.</summary>
    public ServiceProvider Services { get; }

    /// <summary>The sessions.</summary>
    public ISessionStore Sessions => Services.GetRequiredService<ISessionStore>();

    /// <summary>Epochs and reservations.</summary>
    public ILedgerStorage Ledger => Services.GetRequiredService<ILedgerStorage>();

    /// <summary>Opens stores in a new SQLite file.</summary>
    public static StoresUnderTest OpenSqlite()
    {
        var directory = new TemporaryDirectory();
        SqliteSchema.Apply(directory.File("opsen.db"));
        return OpenSqlite(directory.File("opsen.db"), directory.Dispose);
    }

    /// <summary>Opens stores in a PostgreSQL database, which may be new.</summary>
    public static async Task<StoresUnderTest> OpenPostgresAsync(string connection)
    {
        var options = new ServerOptions { ClusterConnection = connection };
        await PostgresSchema.ApplyAsync(options, CancellationToken.None);
        return new(services => services.AddPostgresStorage(options), async () => await OpenPostgresAsync(connection), static () => { });
    }

    /// <summary>Opens the same database once more, as another process does.</summary>
    public Task<StoresUnderTest> OpenAgainAsync() => _again().AsTask();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        _close();
    }

    private static StoresUnderTest OpenSqlite(string file, Action close) => new(
        services => services.AddSqliteStorage(new ServerOptions { Database = file }), () => new(OpenSqlite(file, static () => { })), close);
}
