using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Hosting;
using Opsen.Agent.Identity;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Commands;

/// <summary>Runs what the command line asks for instead of the agent, over the same parts.</summary>
internal static class CommandRunner
{
    /// <summary>Runs it.</summary>
    /// <returns>The status to end with.</returns>
    public static async Task<int> RunAsync(AgentCommand command, AgentOptions options, IReadOnlyList<string> warnings, HostPaths paths, HostSensors sensors)
    {
        using var log = new MemoryLog();

        // Looking makes no identity.
        await using var parts = new ServiceCollection()
            .AddLogging(builder => builder.AddProvider(log))
            .AddAgent(options, new ClientIdentity(options.ClientId, IdentityOrigin.Configured, null, []))
            .AddSampling(options, paths, sensors)
            .AddReporting(options)
            .AddSingleton<OneReading>()
            .BuildServiceProvider();
        var reading = parts.GetRequiredService<OneReading>();
        return command.Action == AgentAction.Once
            ? await OnceCommand.RunAsync(reading, options.DiskPath, command.AsJson, Console.Out)
            : await new DoctorCommand(options, paths, sensors, reading, Console.Out, TimeProvider.System).RunAsync(warnings, log.Lines);
    }
}
