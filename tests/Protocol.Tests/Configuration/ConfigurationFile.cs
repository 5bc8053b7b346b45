using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

/// <summary>A configuration file that lives as long as its test.</summary>
internal sealed class ConfigurationFile : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ConfigurationFile(string yaml) => Path = _directory.Write("file.yml", yaml);

    public string Path { get; }

    /// <summary>Writes another file beside it.</summary>
    public string Beside(string name, string text = "") => _directory.Write(name, text);

    public static IReadOnlyDictionary<string, string> NoVariables { get; } = new Dictionary<string, string>();

    public ConfigurationResult<ServerOptions> LoadServer(params string[] flags) =>
        ServerConfiguration.Load("opsen-gateway", ["-config", Path, .. flags], NoVariables);

    public ConfigurationResult<AgentOptions> LoadClient(params string[] flags) =>
        AgentConfiguration.Load("opsen-agent", ["-config", Path, .. flags], NoVariables);

    public void Dispose() => _directory.Dispose();
}
