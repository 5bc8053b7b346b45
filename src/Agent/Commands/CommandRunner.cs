using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Commands;

/// <summary>Runs what the command line asks for instead of the agent.</summary>
internal static class CommandRunner
{
    /// <summary>Runs it.</summary>
    /// <returns>The status to end with.</returns>
    public static async Task<int> RunAsync(AgentCommand command, AgentOptions options, IReadOnlyList<string> warnings, HostPaths paths, HostSensors sensors)
    {
        using var log = new MemoryLog();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var reading = new OneReading(options, paths, sensors, loggers, TimeProvider.System);
        return command.Action == AgentAction.Once
            ? await OnceCommand.RunAsync(reading, options.DiskPath, command.AsJson, Console.Out)
            : await new DoctorCommand(options, paths, sensors, reading, Console.Out, TimeProvider.System).RunAsync(warnings, log.Lines);
    }
}
