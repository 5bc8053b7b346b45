using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Identity;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Nvidia;
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
    public static IServiceCollection AddSampling(this IServiceCollection services, AgentOptions options, HostSensors sensors)
    {
        var window = TimeSpan.FromMinutes(options.WindowMinutes);
        var owned = CoreList.Parse(options.Cores) is { Count: > 0 } cores ? cores : null;
        return services
            .AddSingleton(provider => new HostLoad(
                sensors.Cpu, sensors.Memory, window, owned, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HostLoad>>()))
            .AddSingleton(provider => new DiskLoad(
                sensors.Disk, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DiskLoad>>()))
            .AddSingleton(provider => new GpuLoad(
                new NvmlGpuSensor(
                    NvmlLibrary.UsualPaths, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<NvmlGpuSensor>>()),
                window,
                provider.GetRequiredService<TimeProvider>()))
            .AddHostedService<SamplingService>();
    }

    /// <summary>Adds the reports to the gateway.</summary>
    public static IServiceCollection AddReporting(this IServiceCollection services, AgentOptions options) => services
        .AddSingleton(_ => GatewayConnection.Create(options))
        .AddSingleton<GatewayClient>()
        .AddSingleton<GatewayResilience>()
        .AddSingleton<HostReport>()
        .AddSingleton<ShutdownDrain>()
        .AddHostedService<ReportService>();
}
