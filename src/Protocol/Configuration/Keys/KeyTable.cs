using System.Collections;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>The keys of a mapping. A key is one line in a collection initialiser.</summary>
/// <param name="whereListed">Ends the message about an unknown key that resembles no known one; null lists the keys themselves.</param>
/// <param name="neverRead">Keys that the Go program's examples have and that it never read, with what is said of them.</param>
internal sealed class KeyTable<TOptions>(string? whereListed = null, IReadOnlyDictionary<string, string>? neverRead = null)
    : IEnumerable<ConfigurationKey<TOptions>>
{
    private readonly Dictionary<string, ConfigurationKey<TOptions>> _keys = new(StringComparer.Ordinal);

    /// <summary>Names of the keys, in the order of their groups.</summary>
    public IEnumerable<string> Names => _keys.Keys;

    /// <summary>Keys that are warned of and do nothing, with what is said of them.</summary>
    public IReadOnlyDictionary<string, string> NeverRead { get; } = neverRead ?? new Dictionary<string, string>();

    /// <summary>The key with a name.</summary>
    public ConfigurationKey<TOptions> this[string name] => _keys[name];

    /// <summary>Adds a key.</summary>
    public void Add<TValue>(
        string name,
        ValueFormat<TValue> format,
        Func<TOptions, TValue> get,
        Action<TOptions, TValue> set,
        KeyFlag? flag = null,
        string? shortVariable = null) =>
        _keys.Add(name, new ConfigurationKey<TOptions, TValue>(name, format, get, set) { Flag = flag, ShortVariable = shortVariable });

    /// <summary>Reads a mapping into the options and reports unknown keys, repeated keys and wrong values.</summary>
    /// <returns>Where each known key was written.</returns>
    public IReadOnlyDictionary<string, Origin> Apply(MappingNode mapping, TOptions options, ReadContext context)
    {
        var origins = new Dictionary<string, Origin>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            var member = context.Member(entry.Key);
            if (NeverRead.TryGetValue(entry.Key, out var warning))
            {
                context.Errors.Warn(entry.Origin, member.Key, warning);
            }
            else if (!_keys.TryGetValue(entry.Key, out var key))
            {
                member.Fail(entry.Origin, $"unknown key; {Hint(entry.Key)}");
            }
            else if (!origins.TryAdd(entry.Key, entry.Origin))
            {
                var earlier = origins[entry.Key].Line is { } line ? $" on line {line}" : "";
                member.Fail(entry.Origin, $"is already set{earlier}; each key is allowed once");
            }
            else
            {
                key.Apply(entry.Value, options, member);
            }
        }

        return origins;
    }

    /// <inheritdoc/>
    public IEnumerator<ConfigurationKey<TOptions>> GetEnumerator() => _keys.Values.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string Hint(string name) =>
        NearestName.Find(name, _keys.Keys) is { } nearest ? $"did you mean '{nearest}'?"
        : whereListed ?? $"allowed: {string.Join(", ", _keys.Keys)}";
}

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <summary>Finds the candidate with the smallest edit distance.</summary>
    /// <returns>The candidate; null when more than a third of the name would have to change.</returns>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        return best.Candidate is not null && best.Distance <= Math.Max(1, name.Length / 3) ? best.Candidate : null;
    }

    // Levenshtein distance with one row of the table.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
