using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Messaging;

namespace Opsen.Gateway.Silos;

/// <summary>Registers the judgement of which silos answer.</summary>
internal static class SiloReachExtensions
{
    /// <summary>Leaves silos out that do not answer, of those that the client's clustering lists. Call it after the clustering.</summary>
    public static IServiceCollection AddSiloReach(this IServiceCollection services)
    {
        var listed = services.Last(static service => service.ServiceType == typeof(IGatewayListProvider) && !service.IsKeyedService);
        services.TryAddSingleton<SiloReach>();
        services.Replace(ServiceDescriptor.Singleton<IGatewayListProvider>(provider => new ReachableSilos(
            (IGatewayListProvider)(listed.ImplementationFactory?.Invoke(provider) ?? listed.ImplementationInstance
                ?? ActivatorUtilities.CreateInstance(provider, listed.ImplementationType!)),
            provider.GetRequiredService<SiloReach>(),
            provider.GetRequiredService<TimeProvider>())));
        return services.AddHostedService<SiloProbes>();
    }
}
