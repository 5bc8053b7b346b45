using Microsoft.Extensions.Logging;
using Opsen.Agent.Identity;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Hosting;

/// <summary>Logs at start what the operator should know about how the agent runs.</summary>
internal static partial class StartupLog
{
    /// <summary>Writes it.</summary>
    public static void Write(ILogger logger, AgentOptions options, ClientIdentity identity, IReadOnlyList<string> warnings)
    {
        LogStart(logger, identity.Id, identity.Origin, options.ServerUrl);
        foreach (var warning in warnings)
        {
            LogSetting(logger, warning);
        }

        foreach (var problem in identity.Problems)
        {
            LogIdentityProblem(logger, problem);
        }

        if (identity.Origin == IdentityOrigin.Ephemeral)
        {
            LogEphemeral(logger);
        }
        else if (identity.Origin == IdentityOrigin.MintedForClone)
        {
            LogClone(logger, identity.Path);
        }

        if (options.InsecureTls)
        {
            LogInsecure(logger);
        }
    }

    [LoggerMessage(1001, LogLevel.Information, "opsen-agent starts as {ClientId} ({Origin}) for {Server}")]
    private static partial void LogStart(ILogger logger, string clientId, IdentityOrigin origin, string server);

    [LoggerMessage(1002, LogLevel.Warning, "{Warning}")]
    private static partial void LogSetting(ILogger logger, string warning);

    [LoggerMessage(1003, LogLevel.Warning, "Identity: {Problem}")]
    private static partial void LogIdentityProblem(ILogger logger, string problem);

    [LoggerMessage(1004, LogLevel.Warning,
        "The id cannot be kept, so the next start is another host to the gateway: set client_id, or state_dir to a directory that can be written")]
    private static partial void LogEphemeral(ILogger logger);

    [LoggerMessage(1005, LogLevel.Warning,
        "The id in {Path} belongs to another machine: this one is its copy and got an id of its own")]
    private static partial void LogClone(ILogger logger, string? path);

    [LoggerMessage(1006, LogLevel.Warning, "insecure_tls is on: any certificate of the gateway is accepted, also an attacker's")]
    private static partial void LogInsecure(ILogger logger);
}
