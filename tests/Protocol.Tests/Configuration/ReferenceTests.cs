using System.Text;
using System.Text.RegularExpressions;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Tests.Configuration;

/// <summary>docs/CONFIGURATION.md is made of the keys and of the files with their defaults; OPSEN_WRITE_DOCS=1 makes it anew.</summary>
public sealed partial class ReferenceTests
{
    [Fact]
    public void Reference_IsMadeOfTheKeys()
    {
        var root = FindRoot(AppContext.BaseDirectory);
        var file = Path.Combine(root, "docs", "CONFIGURATION.md");
        var text = new StringBuilder("""
            # Configuration

            Every key of `server.yml` and `client.yml`, made of the programs' own tables. Flags win over variables, variables over the file, the file over the defaults; `opsen-gateway config show` says where each value came from. Each key is
            also a variable, `OPSEN_SERVER_<KEY>` or `OPSEN_CLIENT_<KEY>` in upper case. An unknown key, a wrong type or a value out of range stops the start, with file, line and what is allowed.

            """);
        Add(text, "server.yml", Path.Combine(root, "deploy", "server.defaults.yml"), ServerConfiguration.Definition.Keys, new ServerOptions());
        Add(text, "client.yml", Path.Combine(root, "deploy", "client.defaults.yml"), AgentConfiguration.Definition.Keys, new AgentOptions());
        Assert.All(
            ServerConfiguration.Definition.Keys.Names.Concat(AgentConfiguration.Definition.Keys.Names),
            key => Assert.Contains($"| `{key}`", text.ToString(), StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("OPSEN_WRITE_DOCS") == "1")
        {
            File.WriteAllText(file, text.ToString());
        }

        Assert.Equal(text.ToString(), File.ReadAllText(file));
    }

    private static void Add<TOptions>(StringBuilder text, string name, string defaults, KeyTable<TOptions> keys, TOptions options)
    {
        text.Append($"\n## {name}\n");
        var known = keys.ToDictionary(static key => key.Name, StringComparer.Ordinal);
        foreach (var line in File.ReadLines(defaults).Skip(3))
        {
            if (Group().Match(line) is { Success: true } group && !group.Groups[1].Value.Contains(':', StringComparison.Ordinal))
            {
                text.Append($"\n### {group.Groups[1].Value}\n\n| key | default | allowed | |\n| --- | --- | --- | --- |\n");
            }
            else if (Key().Match(line) is { Success: true } match && known.TryGetValue(match.Groups[1].Value, out var key))
            {
                var flag = key.Flag is null ? "" : $" (`-{key.Flag.Name}`)";
                text.Append($"| `{key.Name}`{flag} | {Default(key, options)} | {Escape(key.Allowed)} | {Escape(match.Groups[2].Value)} |\n");
            }
        }
    }

    private static string Default<TOptions>(ConfigurationKey<TOptions> key, TOptions options) =>
        key.Show(options) is { Length: < 40 } shown ? $"`{shown}`" : "see the file with the defaults";

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string FindRoot(string start)
    {
        var folder = new DirectoryInfo(start);
        while (!File.Exists(Path.Combine(folder.FullName, "Opsen.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    [GeneratedRegex("^# ([A-Z][^.]*?)(:.*)?$")]
    private static partial Regex Group();

    [GeneratedRegex("^#? ?([a-z_]+):[^#]*(?:\"[^\"]*\")?[^#]*#? ?(.*)$")]
    private static partial Regex Key();
}
