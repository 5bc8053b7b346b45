using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

/// <summary>A configuration file that lives as long as its test.</summary>
internal sealed class ConfigurationFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("opsen-config-");

    public ConfigurationFile(string yaml)
    {
        Path = System.IO.Path.Combine(_directory.FullName, "file.yml");
        File.WriteAllText(Path, yaml);
    }

    public string Path { get; }

    /// <summary>Writes another file beside it.</summary>
    public string Beside(string name, string text = "")
    {
        var path = System.IO.Path.Combine(_directory.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public static IReadOnlyDictionary<string, string> NoVariables { get; } = new Dictionary<string, string>();

    public ConfigurationResult<ServerOptions> LoadServer(params string[] flags) =>
        ServerConfiguration.Load("opsen-gateway", ["-config", Path, .. flags], NoVariables);

    public ConfigurationResult<ClientOptions> LoadClient(params string[] flags) =>
        ClientConfiguration.Load("opsen-agent", ["-config", Path, .. flags], NoVariables);

    public void Dispose() => _directory.Delete(recursive: true);
}
