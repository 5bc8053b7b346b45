using System.Reflection;

namespace Opsen.Hosting.Startup;

/// <summary>What a program logs of its own start and stop.</summary>
public static partial class StartupLog
{
    /// <summary>Logs the configuration's warnings now, and start and stop when they happen.</summary>
    public static void Report(ILogger logger, IHostApplicationLifetime lifetime, string program, IReadOnlyList<string> warnings, Func<string> addresses)
    {
        foreach (var warning in warnings)
        {
            LogWarning(logger, warning);
        }

        var version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        lifetime.ApplicationStarted.Register(() => LogStarted(logger, program, version, addresses()));
        lifetime.ApplicationStopping.Register(() => LogStopping(logger, program));
    }

    [LoggerMessage(597, LogLevel.Warning, "Configuration: {Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(598, LogLevel.Information, "{Program} {Version} listens on {Addresses}")]
    private static partial void LogStarted(ILogger logger, string program, string version, string addresses);

    [LoggerMessage(599, LogLevel.Information, "{Program} is stopping")]
    private static partial void LogStopping(ILogger logger, string program);
}
