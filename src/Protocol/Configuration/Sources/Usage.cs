using System.Reflection;
using System.Text;

namespace Opsen.Protocol.Configuration.Sources;

/// <summary>What -version and -help print.</summary>
internal static class Usage
{
    private const int FlagColumn = 30;

    /// <summary>The program and its version on one line.</summary>
    public static string Version(string program)
    {
        var version = typeof(Usage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return $"{program} {version}{Environment.NewLine}";
    }

    /// <summary>The flags, the variables and the order of strength.</summary>
    public static string Help<TOptions>(string program, ConfigurationDefinition<TOptions> definition)
        where TOptions : class
    {
        var text = new StringBuilder();
        text.AppendLine($"Usage: {program} [flags]").AppendLine().AppendLine("Flags, with one dash or two, as \"-flag value\" or \"-flag=value\":");
        AddFlag(text, "-config FILE", $"YAML file with any of the keys (usually {definition.FileName})");
        foreach (var flag in definition.Keys.Select(key => key.Flag).OfType<Keys.KeyFlag>())
        {
            AddFlag(text, $"-{flag.Name} {flag.Value}", flag.Help);
        }

        AddFlag(text, "-version", "print the version and end");
        AddFlag(text, "-help", "print this and end");
        text.AppendLine()
            .AppendLine($"Every key is also a variable: {definition.VariablePrefix} and the key in upper case.")
            .AppendLine("Lists in variables have commas between; lists of mappings are YAML.")
            .AppendLine($"{VariableSource.FileVariable} names the file when -config does not.")
            .AppendLine("Flags win over variables, variables over the file, the file over the defaults.");
        return text.ToString();
    }

    private static void AddFlag(StringBuilder text, string flag, string help) => text.AppendLine($"  {flag.PadRight(FlagColumn)}{help}");
}
