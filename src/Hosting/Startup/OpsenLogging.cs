using Microsoft.Extensions.Logging.Console;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Startup;

/// <summary>Configures logging by <c>log_level</c> and <c>json_logging</c>.</summary>
public static class OpsenLogging
{
    /// <summary>The category of changes by the API, which are logged whatever <c>log_level</c> says.</summary>
    public const string AuditCategory = "Opsen.Audit";

    /// <summary>How a line's time is written, in UTC.</summary>
    internal const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    /// <summary>Replaces the host's log providers by the console. Frameworks log from warnings up, unless everything is asked for.</summary>
    public static void UseOpsenLogging(this ILoggingBuilder logging, ServerOptions options)
    {
        var level = ToLogLevel(options.LogLevel);
        var frameworkLevel = level <= LogLevel.Debug ? LogLevel.Information : level < LogLevel.Warning ? LogLevel.Warning : level;
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        foreach (var framework in (string[])["Microsoft", "System", "Orleans", "Yarp"])
        {
            logging.AddFilter(framework, frameworkLevel);
        }

        logging.AddFilter(AuditCategory, LogLevel.Information);

        // The program's own retries say it, and what to do.
        logging.AddFilter("Orleans.Messaging.GatewayManager", LogLevel.Error);

        // Orleans logs each grain service's share of the ring, which ours does not use.
        logging.AddFilter("Opsen.Grains.Tiers.Leases.EpochWitness", LogLevel.Warning);

        // Orleans' own retries; what comes of them is logged where it matters.
        logging.AddFilter("Polly", LogLevel.Critical);

        // At its first look it compares with a time that was never set, and warns of a stall as long as the machine is up.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

        if (level > LogLevel.Debug)
        {
            // It has nothing to say above Information, but while it may say anything ASP.NET Core makes an activity and a scope for every request.
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        }

        if (options.JsonLogging)
        {
            logging.AddJsonConsole(static console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = TimestampFormat;
            });
        }
        else
        {
            logging.AddConsole(static console => console.FormatterName = LineConsoleFormatter.FormatterName);
            logging.AddConsoleFormatter<LineConsoleFormatter, ConsoleFormatterOptions>();
        }
    }

    private static LogLevel ToLogLevel(LogThreshold threshold) => threshold switch
    {
        LogThreshold.Debug => LogLevel.Debug,
        LogThreshold.Info => LogLevel.Information,
        LogThreshold.Warn => LogLevel.Warning,
        LogThreshold.Error => LogLevel.Error,
        _ => LogLevel.Critical,
    };
}
