using System.Reflection;
using System.Text;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Sources;

/// <summary>
/// A command line: "-flag value", "-flag=value", with one dash or two, in any order; a later flag wins over an earlier one of the same name.
/// </summary>
internal sealed class CommandLine<TOptions>
{
    private const string ConfigFlag = "config";
    private const string VersionFlag = "version";

    private readonly Dictionary<string, ConfigurationKey<TOptions>> _keys;
    private readonly List<(ConfigurationKey<TOptions> Key, Origin Origin, string Text)> _settings = [];

    private CommandLine(KeyTable<TOptions> keys) => _keys = keys.Where(key => key.Flag is not null).ToDictionary(key => key.Flag!.Name);

    /// <summary>The file that it names; null for none.</summary>
    public string? File { get; private set; }

    /// <summary>Whether it asks for the version.</summary>
    public bool AsksVersion { get; private set; }

    /// <summary>Whether it asks for the usage.</summary>
    public bool AsksHelp { get; private set; }

    /// <summary>Reads a command line and reports unknown flags and missing values.</summary>
    public static CommandLine<TOptions> Parse(IReadOnlyList<string> arguments, KeyTable<TOptions> keys, ErrorCollector errors)
    {
        var line = new CommandLine<TOptions>(keys);
        for (var i = 0; i < arguments.Count; i++)
        {
            i = line.Read(arguments, i, errors);
        }

        return line;
    }

    /// <summary>Sets the options that it names.</summary>
    public void Apply(TOptions options, IDictionary<string, Origin> origins, ErrorCollector errors)
    {
        foreach (var (key, origin, text) in _settings)
        {
            origins[key.Name] = origin;
            key.ApplyText(text, origin, options, new ReadContext(key.Name, errors));
        }
    }

    /// <returns>The index of the last argument that was used.</returns>
    private int Read(IReadOnlyList<string> arguments, int index, ErrorCollector errors)
    {
        var (name, value) = Split(arguments[index]);
        if (name is VersionFlag or "h" or "help" && value is null)
        {
            AsksVersion |= name == VersionFlag;
            AsksHelp |= name != VersionFlag;
            return index;
        }

        var key = name is null ? null : _keys.GetValueOrDefault(name);
        if (key is null && name != ConfigFlag)
        {
            errors.Add(new Origin(arguments[index]), "", Unknown(name));

            // What follows an unknown flag is most likely its value, and not worth an error of its own.
            return name is not null && value is null && index + 1 < arguments.Count && !arguments[index + 1].StartsWith('-') ? index + 1 : index;
        }

        var last = index;
        if (value is null && index + 1 < arguments.Count && !IsFlag(arguments[index + 1]))
        {
            value = arguments[++last];
        }

        var origin = new Origin($"-{name}");
        if (string.IsNullOrEmpty(value))
        {
            errors.Add(origin, "", $"has no value; write -{name} VALUE or -{name}=VALUE; allowed flags: {AllowedFlags()}");
        }
        else if (key is null)
        {
            File = value;
        }
        else
        {
            _settings.Add((key, origin, value));
        }

        return last;
    }

    private bool IsFlag(string argument) =>
        Split(argument).Name is { } name && (name is ConfigFlag or VersionFlag or "h" or "help" || _keys.ContainsKey(name));

    private string Unknown(string? name)
    {
        var what = name is null ? "is not a flag" : name is VersionFlag or "h" or "help" ? "takes no value" : "unknown flag";
        var meant = name is null ? null : NearestName.Find(name, _keys.Keys.Append(ConfigFlag));
        return meant is null ? $"{what}; allowed: {AllowedFlags()}" : $"{what}; did you mean -{meant}? Allowed: {AllowedFlags()}";
    }

    private string AllowedFlags() => string.Join(' ', _keys.Keys.Prepend(ConfigFlag).Append(VersionFlag).Append("help").Select(name => $"-{name}"));

    private static (string? Name, string? Value) Split(string argument)
    {
        var dashes = argument.StartsWith("--", StringComparison.Ordinal) ? 2 : argument.StartsWith('-') ? 1 : 0;
        if (dashes == 0 || argument.Length == dashes)
        {
            return (null, null);
        }

        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument[dashes..], null) : (argument[dashes..equals], argument[(equals + 1)..]);
    }
}

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
