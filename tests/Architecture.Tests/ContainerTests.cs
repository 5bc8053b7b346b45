using System.Text.RegularExpressions;

namespace Opsen.Architecture.Tests;

/// <summary>Container files name what there is.</summary>
public sealed partial class ContainerTests
{
    /// <summary>Variables of the compose files and of the programs that are no keys.</summary>
    private static readonly HashSet<string> NoKeys = ["OPSEN_SERVER_IMAGE", "OPSEN_CLIENT_IMAGE"];

    [Theory]
    [InlineData("Dockerfile.server")]
    [InlineData("Dockerfile.client")]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.production.yml")]
    public void Variables_ThatAFileSets_AreKeys(string file)
    {
        var keys = new[] { "server", "client" }.SelectMany(static kind => Key().Matches(Read($"deploy/{kind}.defaults.yml"))
            .Select(key => $"OPSEN_{kind}_{key.Groups[1].Value}".ToUpperInvariant())).ToHashSet(StringComparer.Ordinal);
        var named = Variable().Matches(Read(file)).Select(static match => match.Value).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(NoKeys).Where(name => !keys.Contains(name)));
    }

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.production.yml")]
    public void Files_ThatComposeMountsOrBuilds_AreThere(string file)
    {
        var paths = Dockerfile().Matches(Read(file)).Concat(Mounted().Matches(Read(file))).Select(static match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(paths);
        Assert.All(paths, static path => Assert.True(File.Exists(Path.Combine(SourceTests.Root, path)), path));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(SourceTests.Root, file));

    [GeneratedRegex("^([a-z_]+):", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex("OPSEN_(?:SERVER|CLIENT)_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"dockerfile: ([\w.]+)")]
    private static partial Regex Dockerfile();

    /// <summary>What the repository brings; files beside a compose file are the operator's.</summary>
    [GeneratedRegex(@"\./(deploy/[\w./]+):")]
    private static partial Regex Mounted();
}
