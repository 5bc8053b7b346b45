using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Rules;

namespace Opsen.Protocol.Configuration;

/// <summary>Loads <see cref="ClientOptions"/> from defaults, <c>client.yml</c>, <c>OPSEN_CLIENT_*</c> and flags, each stronger than the one before.</summary>
public static class ClientConfiguration
{
    internal static ConfigurationDefinition<ClientOptions> Definition { get; } =
        new("client.yml", "OPSEN_CLIENT_", ClientKeys.Table, [], ClientNotInEffect.All);

    /// <summary>Loads and checks everything; reports all errors together.</summary>
    /// <param name="program">Name for the usage and the version, such as "opsen-agent".</param>
    /// <param name="arguments">The command line without the program.</param>
    /// <param name="environment">Environment variables; see <see cref="ProcessEnvironment.Variables"/>.</param>
    public static ConfigurationResult<ClientOptions> Load(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        ConfigurationLoader.Load(Definition, program, arguments, environment, static (_, _) => { });
}
