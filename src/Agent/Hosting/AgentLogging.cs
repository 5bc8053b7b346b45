using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Hosting;

/// <summary>Sets up the log: lines on standard output, in journald's own form under systemd.</summary>
internal static class AgentLogging
{
    /// <summary>Adds the console and sets the least severity.</summary>
    public static ILoggingBuilder AddAgentLog(this ILoggingBuilder logging, LogThreshold threshold)
    {
        _ = logging.SetMinimumLevel(LevelOf(threshold)).AddFilter("Microsoft", LogLevel.Warning);
        return SystemdHelpers.IsSystemdService()
            ? logging.AddSystemdConsole()
            : logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.UseUtcTimestamp = true;
            });
    }

    private static LogLevel LevelOf(LogThreshold threshold) => threshold switch
    {
        LogThreshold.Debug => LogLevel.Debug,
        LogThreshold.Info => LogLevel.Information,
        LogThreshold.Warn => LogLevel.Warning,
        LogThreshold.Error => LogLevel.Error,
        _ => LogLevel.Critical,
    };
}
