using Opsen.Protocol.Configuration.Rules;
using Opsen.Protocol.Configuration.Sources;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration;

/// <summary>Loads a configuration: defaults, then the file, then variables, then flags; then the rules between keys.</summary>
internal static class ConfigurationLoader
{
    /// <summary>Loads and checks everything.</summary>
    public static ConfigurationResult<TOptions> Load<TOptions>(
        ConfigurationDefinition<TOptions> definition,
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        Action<TOptions, IReadOnlySet<string>> setExplicitKeys)
        where TOptions : class, new()
    {
        var errors = new ErrorCollector();
        var line = CommandLine<TOptions>.Parse(arguments, definition.Keys, errors);
        if (line.AsksHelp || line.AsksVersion)
        {
            return ConfigurationResult<TOptions>.Information(line.AsksHelp ? Usage.Help(program, definition) : Usage.Version(program));
        }

        var options = new TOptions();
        var origins = new Dictionary<string, Origin>(StringComparer.Ordinal);
        if ((line.File ?? environment.GetValueOrDefault(VariableSource.FileVariable)) is { Length: > 0 } path)
        {
            FileSource.Apply(definition, path, options, origins, errors);
        }

        VariableSource.Apply(definition, environment, options, origins, errors);
        line.Apply(options, origins, errors);
        CheckRules(definition, options, origins, errors);
        IReadOnlyList<string> warnings = [.. errors.Warnings.Select(static one => one.ToString()), .. CheckEffect(definition, options, origins, errors)];
        if (errors.Errors.Count > 0)
        {
            return ConfigurationResult<TOptions>.Invalid(errors.Errors);
        }

        setExplicitKeys(options, origins.Keys.ToHashSet(StringComparer.Ordinal));
        return ConfigurationResult<TOptions>.Loaded(
            options, warnings, [.. definition.Keys.Select(key => new ConfigurationSetting(key.Name, key.Show(options), Describe(key.Name, origins)))]);
    }

    private static void CheckRules<TOptions>(
        ConfigurationDefinition<TOptions> definition, TOptions options, Dictionary<string, Origin> origins, ErrorCollector errors)
        where TOptions : class
    {
        foreach (var rule in definition.Rules)
        {
            if (!rule.Keys.Any(errors.Concerns) && rule.Violation(options) is { } violation)
            {
                var key = rule.Keys.FirstOrDefault(origins.ContainsKey) ?? rule.Keys[0];
                errors.Add(OriginOf(key, origins), key, violation);
            }
        }
    }

    private static List<string> CheckEffect<TOptions>(
        ConfigurationDefinition<TOptions> definition, TOptions options, Dictionary<string, Origin> origins, ErrorCollector errors)
        where TOptions : class, new()
    {
        var defaults = new TOptions();
        var warnings = new List<string>();
        foreach (var row in definition.NotInEffect)
        {
            if (definition.Keys[row.Key].Same(options, defaults) || row.Applies?.Invoke(options) == false)
            {
                continue;
            }

            var origin = OriginOf(row.Key, origins);
            if (row.Action == NotInEffectAction.Refuse)
            {
                errors.Add(origin, row.Key, row.Reason);
            }
            else
            {
                warnings.Add(new ConfigurationError(origin.Source, origin.Line, row.Key, row.Reason).ToString());
            }
        }

        return warnings;
    }

    private static string Describe(string key, Dictionary<string, Origin> origins) =>
        !origins.TryGetValue(key, out var origin) ? "default" : origin.Line is { } line ? $"{origin.Source}:{line}" : origin.Source;

    private static Origin OriginOf(string key, Dictionary<string, Origin> origins) => origins.GetValueOrDefault(key, new Origin("defaults"));
}
