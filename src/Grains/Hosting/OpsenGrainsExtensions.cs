using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Opsen.Grains.Backends.Probing;
using Opsen.Grains.Budgets;
using Opsen.Grains.Fleet;
using Opsen.Grains.Telemetry;
using Opsen.Grains.Tiers.Leases;

namespace Opsen.Grains.Hosting;

/// <summary>Registers what the grains and their callers need.</summary>
public static class OpsenGrainsExtensions
{
    /// <summary>For a silo: the grains' settings and services. To be called after the silo was added (see <see cref="AddOpsenFleet"/>).</summary>
    public static IServiceCollection AddOpsenGrains(this IServiceCollection services, GrainSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ProbeFactory>();
        services.AddSingleton<IndexLeases>();
        services.AddSingleton<StorageBudget>();
        services.AddSingleton<IndexMetrics>();
        if (settings.IsCluster)
        {
            services.AddSingleton<IWitnesses, ClusterWitnesses>();
            services.AddGrainService<EpochWitness>();
        }

        return services.AddOpsenFleet();
    }

    /// <summary>For a silo or a gateway: the fleet views. To be called after the silo or client was added, because services start in that order.</summary>
    public static IServiceCollection AddOpsenFleet(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(typeof(GrainReferences<>));
        services.AddSingleton<FleetViews>();
        services.AddMetrics();
        services.AddSingleton<FleetMetrics>();
        return services.AddHostedService(provider => provider.GetRequiredService<FleetViews>());
    }
}
