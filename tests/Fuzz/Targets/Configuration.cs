using Opsen.Protocol.Configuration;

namespace Opsen.Fuzz.Targets;

/// <summary>A configuration file of the server or the agent: it is loaded, or every mistake has a text.</summary>
internal static class Configuration
{
    private static readonly string Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("opsen-fuzz-").FullName, "config.yml");
    private static readonly Dictionary<string, string> NoVariables = [];

    public static void Run(ReadOnlySpan<byte> input)
    {
        File.WriteAllBytes(Path, input);
        Check(ServerConfiguration.Load("opsen-gateway", ["-config", Path], NoVariables));
        Check(AgentConfiguration.Load("opsen-agent", ["-config", Path], NoVariables));
    }

    private static void Check<T>(ConfigurationResult<T> result)
        where T : class
    {
        FuzzTargets.Require(result.Options is not null != result.Errors.Count > 0, "there are either options or errors");
        FuzzTargets.Require(result.Errors.All(static error => error.ToString().Length > 0), "every error has a text");
    }
}
