using Opsen.Protocol.Configuration;
using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Tests.Configuration;

/// <summary>deploy/*.defaults.yml are the reference of all keys, so they must name every key with the default that the code has.</summary>
public sealed class DefaultsFileTests
{
    [Fact]
    public void ServerDefaults_NameEveryKeyWithItsDefault()
    {
        var path = Path.Combine(RepositoryRoot(), "deploy", "server.defaults.yml");

        var result = ServerConfiguration.Load("opsen-gateway", ["-config", path], ConfigurationFile.NoVariables);

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        AssertDefaults(ServerConfiguration.Definition.Keys, path, result.Options!);
    }

    [Fact]
    public void ClientDefaults_NameEveryKeyWithItsDefault()
    {
        var path = Path.Combine(RepositoryRoot(), "deploy", "client.defaults.yml");

        var result = AgentConfiguration.Load("opsen-agent", ["-config", path], ConfigurationFile.NoVariables);

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        AssertDefaults(AgentConfiguration.Definition.Keys, path, result.Options!);
    }

    private static void AssertDefaults<TOptions>(KeyTable<TOptions> keys, string path, TOptions options)
        where TOptions : class, new()
    {
        var named = File.ReadLines(path)
            .Where(line => line.Length > 0 && char.IsAsciiLetterLower(line[0]))
            .Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]);

        Assert.Equal(keys.Names, named);
        Assert.All(keys, key => Assert.True(key.Same(options, new TOptions()), $"{key.Name} differs from the code's default"));
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Opsen.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("No Opsen.sln above the tests.");
        }

        return directory.FullName;
    }
}
