using Microsoft.Extensions.Hosting;
using Opsen.Agent.Identity;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Hosting;

/// <summary>Puts the agent together.</summary>
internal static class AgentHost
{
    /// <summary>Builds the host. It is empty at first: no settings file and no other environment than the agent's own has a say.</summary>
    public static IHost Build(AgentOptions options, ClientIdentity identity, HostPaths paths, HostSensors sensors)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "opsen-agent" });
        _ = builder.Logging.AddAgentLog(options.LogLevel);
        _ = builder.Services
            .AddSystemd()
            .AddWindowsService(service => service.ServiceName = "opsen-agent")
            .AddAgent(options, identity)
            .AddSampling(options, paths, sensors)
            .AddReporting(options);
        return builder.Build();
    }

    /// <summary>Finds the host's identity.</summary>
    public static ClientIdentity Identify(AgentOptions options, HostPaths paths)
    {
        var directories = StateDirectories.Candidates(options.StateDir, Environment.GetEnvironmentVariable);
        return new IdentityResolver(directories, IdentityResolver.EndpointOf(options), MachineFingerprint.Read(paths)).Resolve(options.ClientId);
    }
}
