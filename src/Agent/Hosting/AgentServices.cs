using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Geo;
using Opsen.Agent.Identity;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Hosting;

/// <summary>Registers the parts of the agent.</summary>
internal static class AgentServices
{
    /// <summary>Adds what every part uses.</summary>
    public static IServiceCollection AddAgent(this IServiceCollection services, AgentOptions options, ClientIdentity identity) => services
        .AddSingleton(options)
        .AddSingleton(identity)
        .AddSingleton(TimeProvider.System);

    /// <summary>Adds the samplers over the given sensors.</summary>
    public static IServiceCollection AddSampling(this IServiceCollection services, AgentOptions options, HostPaths paths, HostSensors sensors)
    {
        var window = TimeSpan.FromMinutes(options.WindowMinutes);
        var owned = CoreList.Parse(options.Cores) is { Count: > 0 } cores ? cores : null;
        return services
            .AddSingleton(provider => new HostLoad(
                sensors, window, owned, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HostLoad>>()))
            .AddSingleton(provider => new DiskLoad(
                sensors.Disk, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DiskLoad>>()))
            .AddSingleton(provider => new GpuLoad(
                HostSensors.CreateGpus(paths, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()),
                window,
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(provider => new ChangeWatch(
                [
                    provider.GetRequiredService<HostLoad>().AddVitals,
                    provider.GetRequiredService<DiskLoad>().AddVitals,
                    provider.GetRequiredService<GpuLoad>().AddVitals,
                ],
                options.ReportChangePct,
                provider.GetRequiredService<TimeProvider>()))
            .AddHostedService<SamplingService>();
    }

    /// <summary>Adds the reports to the gateway, and to others who ask.</summary>
    public static IServiceCollection AddReporting(this IServiceCollection services, AgentOptions options)
    {
        if (!options.SkipGeolocation)
        {
            var path = GeoService.PathOf(options, StateDirectories.Candidates(options.StateDir, Environment.GetEnvironmentVariable));
            _ = services
                .AddSingleton(static _ => new GeoDownload(GeoDownload.CreateClient()))
                .AddHostedService(provider => ActivatorUtilities.CreateInstance<GeoService>(provider, path));
        }

        if (options.AgentCheckPort > 0)
        {
            _ = services.AddHostedService<LoadCheck>();
        }

        return services
            .AddSingleton(_ => GatewayConnection.Create(options))
            .AddSingleton<GatewayClient>()
            .AddSingleton<HostPlace>()
            .AddSingleton<GatewayResilience>()
            .AddSingleton<HostReport>()
            .AddSingleton<ShutdownDrain>()
            .AddHostedService<ReportService>();
    }
}
