using Opsen.Grains;
using Opsen.Grains.Backends;
using Opsen.Grains.Budgets;
using Opsen.Grains.Sessions;
using Opsen.Grains.Tiers;
using Opsen.Protocol.Configuration;
using Orleans.Storage;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Registers what keeps everything in one SQLite file.</summary>
internal static class SqliteStorageExtensions
{
    /// <summary>Adds the storage of grains, sessions and reports. Comes before the silo, so that it stops after it and writes what the silo's stop brings.
    /// The file must be ready (<see cref="SqliteSchema.Apply(string)"/>).</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="right">The right to decide over the file: given back when everything is written.</param>
    public static void AddSqliteStorage(this IServiceCollection services, ServerOptions options, DatabaseLock? right = null)
    {
        services.AddSingleton(_ => new SqliteFile(options.Database, right));
        services.AddSingleton<SqliteTrouble>();
        services.AddSingleton<SqliteWriter>();
        services.AddSingleton<SqliteReaders>();
        services.AddSingleton(provider => new SqliteGrainStorage(
            provider.GetRequiredService<SqliteReaders>(), provider.GetRequiredService<SqliteWriter>(), options.ServiceId));
        services.AddKeyedSingleton<IGrainStorage>(GrainSettings.StorageName, static (provider, _) => provider.GetRequiredService<SqliteGrainStorage>());
        services.AddSingleton<IHostCatalog>(static provider => provider.GetRequiredService<SqliteGrainStorage>());
        services.AddSingleton<ISessionStore, SqliteSessionStore>();
        services.AddSingleton<ILedgerStorage, SqliteLedgerStorage>();
        services.AddSingleton<IStorageCensus>(provider => new SqliteStorageCensus(provider.GetRequiredService<SqliteReaders>(), options.ServiceId));
        services.AddSingleton<SessionTouches, SqliteSessionTouches>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionTouches>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SqliteReportHistory>(provider, options));
        services.AddSingleton<IReportHistory>(provider => provider.GetRequiredService<SqliteReportHistory>());
        services.AddHostedService(provider => provider.GetRequiredService<SqliteReportHistory>());
        services.AddHostedService<DatabaseWatch>();
    }
}
