using System.Text.RegularExpressions;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Sources;

/// <summary>
/// Environment variables: the prefix and the key in upper case, or the key's short form. An empty variable counts as absent,
/// because compose files pass variables on whether they are set or not.
/// </summary>
internal static class VariableSource
{
    /// <summary>The variable that names the file when no flag does.</summary>
    public const string FileVariable = "OPSEN_CONFIG_FILE";

    /// <summary>Sets the options that the environment names, and reports variables with the prefix that name no key.</summary>
    public static void Apply<TOptions>(
        ConfigurationDefinition<TOptions> definition,
        IReadOnlyDictionary<string, string> environment,
        TOptions options,
        IDictionary<string, Origin> origins,
        ErrorCollector errors)
        where TOptions : class
    {
        var names = VariableNames(definition);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (variable, text) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith(definition.VariablePrefix, StringComparison.Ordinal)
                || text.Length == 0
                || OrchestratorVariables.Contains(variable, text))
            {
                continue;
            }

            var origin = new Origin(variable);
            if (definition.Keys.NeverRead.TryGetValue(variable[definition.VariablePrefix.Length..].ToLowerInvariant(), out var warning))
            {
                errors.Warn(origin, "", warning);
            }
            else if (!names.TryGetValue(variable, out var key))
            {
                errors.Add(origin, "", $"unknown variable; {Hint(variable, names.Keys, definition)}");
            }
            else if (!seen.TryAdd(key.Name, variable))
            {
                errors.Add(origin, key.Name, $"is also set by {seen[key.Name]}; keep one of the two");
            }
            else
            {
                origins[key.Name] = origin;
                key.ApplyText(text, origin, options, new ReadContext(key.Name, errors));
            }
        }
    }

    private static Dictionary<string, ConfigurationKey<TOptions>> VariableNames<TOptions>(ConfigurationDefinition<TOptions> definition)
        where TOptions : class
    {
        var names = new Dictionary<string, ConfigurationKey<TOptions>>(StringComparer.Ordinal);
        foreach (var key in definition.Keys)
        {
            names.Add(definition.VariablePrefix + key.Name.ToUpperInvariant(), key);
            if (key.ShortVariable is { } shortForm)
            {
                names.Add(definition.VariablePrefix + shortForm, key);
            }
        }

        return names;
    }

    private static string Hint<TOptions>(string variable, IEnumerable<string> names, ConfigurationDefinition<TOptions> definition)
        where TOptions : class =>
        NearestName.Find(variable[definition.VariablePrefix.Length..], names.Select(name => name[definition.VariablePrefix.Length..])) is { } nearest
            ? $"did you mean {definition.VariablePrefix}{nearest}?"
            : $"allowed: {definition.VariablePrefix} and a key of {definition.FileName} in upper case";
}

/// <summary>
/// Variables that Kubernetes (for a service named opsen-server) and Docker links add on their own, such as OPSEN_SERVER_SERVICE_HOST
/// or OPSEN_SERVER_PORT=tcp://10.0.0.1:8080. Nobody wrote them as settings.
/// </summary>
internal static partial class OrchestratorVariables
{
    /// <summary>Whether a variable is one of them.</summary>
    public static bool Contains(string name, string value) =>
        Name().IsMatch(name) || (name.EndsWith("_PORT", StringComparison.Ordinal) && LinkedPort().IsMatch(value));

    [GeneratedRegex(@"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)\z|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A(tcp|udp|sctp)://")]
    private static partial Regex LinkedPort();
}
