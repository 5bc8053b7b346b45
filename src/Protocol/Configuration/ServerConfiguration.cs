using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Rules;

namespace Opsen.Protocol.Configuration;

/// <summary>Loads <see cref="ServerOptions"/> from defaults, <c>server.yml</c>, <c>OPSEN_SERVER_*</c> and flags, each stronger than the one before.</summary>
public static class ServerConfiguration
{
    internal static ConfigurationDefinition<ServerOptions> Definition { get; } =
        new("server.yml", "OPSEN_SERVER_", ServerKeys.Table, ServerRules.All, ServerNotInEffect.All);

    /// <summary>Loads and checks everything; reports all errors together.</summary>
    /// <param name="program">Name for the usage and the version, such as "opsen-gateway".</param>
    /// <param name="arguments">The command line without the program.</param>
    /// <param name="environment">Environment variables; see <see cref="ProcessEnvironment.Variables"/>.</param>
    public static ConfigurationResult<ServerOptions> Load(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        ConfigurationLoader.Load(Definition, program, arguments, environment, static (options, keys) => options.ExplicitKeys = keys);
}
