using Opsen.Grains;
using Opsen.Grains.Backends;
using Opsen.Grains.Budgets;
using Opsen.Grains.Sessions;
using Opsen.Grains.Tiers;
using Opsen.Grains.Tiers.Leases;
using Opsen.Protocol.Configuration;
using Orleans.Storage;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Registers what keeps everything in the cluster's PostgreSQL.</summary>
internal static class PostgresStorageExtensions
{
    /// <summary>Adds the storage of grains, sessions and reports. Comes before the silo, so that it stops after it and writes what the silo's stop brings.
    /// The schema must be there (<see cref="PostgresSchema.ApplyAsync"/>).</summary>
    public static void AddPostgresStorage(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<PostgresTrouble>();
        services.AddSingleton(provider => new PostgresDatabase(PostgresConnections.For(options), provider.GetRequiredService<PostgresTrouble>()));
        services.AddSingleton<PostgresSessionReader>();
        services.AddSingleton<PostgresSessionWriter>();
        services.AddSingleton(provider => new PostgresGrainStorage(provider.GetRequiredService<PostgresDatabase>(), options.ServiceId));
        services.AddKeyedSingleton<IGrainStorage>(GrainSettings.StorageName, static (provider, _) => provider.GetRequiredService<PostgresGrainStorage>());
        services.AddSingleton<IHostCatalog>(static provider => provider.GetRequiredService<PostgresGrainStorage>());
        services.AddSingleton<ISessionStore, PostgresSessionStore>();
        services.AddSingleton<ILedgerStorage, PostgresLedgerStorage>();
        services.AddSingleton<ILeaseStorage, PostgresLeaseStorage>();
        services.AddSingleton<IStorageCensus>(provider => new PostgresStorageCensus(provider.GetRequiredService<PostgresDatabase>(), options.ServiceId));
        services.AddSingleton<SessionTouches, PostgresSessionTouches>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionTouches>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<PostgresReportHistory>(provider, options));
        services.AddSingleton<IReportHistory>(provider => provider.GetRequiredService<PostgresReportHistory>());
        services.AddHostedService(provider => provider.GetRequiredService<PostgresReportHistory>());
    }
}
