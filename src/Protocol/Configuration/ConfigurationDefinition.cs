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

/// <summary>Loads <see cref="AgentOptions"/> from defaults, <c>client.yml</c>, <c>OPSEN_CLIENT_*</c> and flags, each stronger than the one before.</summary>
public static class AgentConfiguration
{
    internal static ConfigurationDefinition<AgentOptions> Definition { get; } =
        new("client.yml", "OPSEN_CLIENT_", AgentKeys.Table, AgentRules.All, AgentNotInEffect.All);

    /// <summary>Loads and checks everything; reports all errors together.</summary>
    /// <param name="program">Name for the usage and the version, such as "opsen-agent".</param>
    /// <param name="arguments">The command line without the program.</param>
    /// <param name="environment">Environment variables; see <see cref="ProcessEnvironment.Variables"/>.</param>
    public static ConfigurationResult<AgentOptions> Load(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        ConfigurationLoader.Load(Definition, program, arguments, environment, static (_, _) => { });
}

/// <summary>Everything that sets one configuration apart from another.</summary>
/// <param name="FileName">Usual name of its file.</param>
/// <param name="VariablePrefix">What its environment variables begin with.</param>
/// <param name="Keys">Its keys.</param>
/// <param name="Rules">What must hold between keys.</param>
/// <param name="NotInEffect">Keys that this version does not act on.</param>
internal sealed record ConfigurationDefinition<TOptions>(
    string FileName,
    string VariablePrefix,
    KeyTable<TOptions> Keys,
    IReadOnlyList<ConfigurationRule<TOptions>> Rules,
    IReadOnlyList<NotInEffect<TOptions>> NotInEffect)
    where TOptions : class;
