using Microsoft.Extensions.DependencyInjection.Extensions;
using Opsen.Grains;
using Opsen.Grains.DecisionLogs;
using Opsen.Grains.Hosting;
using Opsen.Hosting.DecisionLogs;
using Opsen.Hosting.Startup;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Opsen.Hosting.Cluster;

/// <summary>Adds a silo to a host.</summary>
public static class SiloHosting
{
    /// <summary>Entries of the grain directory cache, some 400 bytes each. Orleans' default is a million, which sessions would fill: every one of them is a
    /// grain that is called once and soon gone. What is called again and again (the index, the hosts) has room in far fewer.</summary>
    private const int DirectoryCacheSize = 20_000;

    /// <summary>Adds the silo that <c>cluster</c> names, with its storage. The database is ready when it returns, and a SQLite file this process's
    /// alone.</summary>
    /// <exception cref="StorageStartException">The database cannot be used; the message says why and what to do.</exception>
    public static async Task UseOpsenSiloAsync(this IHostApplicationBuilder builder, ServerOptions options)
    {
        var isEmbedded = options.Cluster == ClusterMode.Embedded;

        // A gateway in another process may show the dashboard, so the silo must collect its figures.
        var hasAdminListener = options.AdminPort != 0 || (!isEmbedded && options.SiloAdminPort != 0);
        builder.Services.TryAddSingleton(options);
        builder.Services.AddSingleton<TimeProvider>(new ForwardClock(TimeProvider.System));
        var cluster = options.Cluster == ClusterMode.Postgres ? await PostgresCluster.PrepareAsync(options) : null;
        AddStorage(builder.Services, options);
        builder.UseOrleans(silo =>
        {
            if (cluster is not null)
            {
                cluster.Join(silo);
            }
            else
            {
                silo.UseLocalhostClustering(
                    isEmbedded && !options.ExplicitKeys.Contains("silo_port") ? EmbeddedSiloPort.Find(options) : options.SiloPort,
                    isEmbedded ? 0 : options.SiloGatewayPort,
                    serviceId: options.ServiceId,
                    clusterId: options.ClusterId);
            }

            silo.Configure<ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster?.Id ?? options.ClusterId, options.ServiceId));
            silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = DirectoryCacheSize);
            silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimeouts.Response);
            if (Telemetry.HasTraces(options))
            {
                silo.AddActivityPropagation();
            }

            if (hasAdminListener)
            {
                silo.AddDashboard(dashboard => dashboard.HideTrace = true);
            }
        });
        builder.Services.AddOpsenGrains(options.ToGrainSettings());
        builder.Services.AddHostedService<SessionSweeper>();
        builder.Services.AddHostedService<StorageCensusService>();
        if (options.DecisionLog.Length > 0)
        {
            builder.Services.AddSingleton<DecisionLogWriter>();
            builder.Services.AddSingleton<IDecisionLog>(static provider => provider.GetRequiredService<DecisionLogWriter>());
            builder.Services.AddHostedService(static provider => provider.GetRequiredService<DecisionLogWriter>());
        }
    }

    private static void AddStorage(IServiceCollection services, ServerOptions options)
    {
        if (options.Cluster == ClusterMode.Postgres)
        {
            services.AddPostgresStorage(options);
            return;
        }

        var database = DatabaseStart.Take(options);
        services.AddSqliteStorage(options, database.Right);
        if (database.TakenOver is { } takenOver)
        {
            services.AddSingleton(takenOver);
        }
    }
}
