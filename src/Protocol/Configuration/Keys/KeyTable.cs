using System.Collections;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>The keys of a mapping. A key is one line in a collection initialiser.</summary>
/// <param name="whereListed">Ends the message about an unknown key that resembles no known one; null lists the keys themselves.</param>
internal sealed class KeyTable<TOptions>(string? whereListed = null) : IEnumerable<ConfigurationKey<TOptions>>
{
    private readonly Dictionary<string, ConfigurationKey<TOptions>> _keys = new(StringComparer.Ordinal);

    /// <summary>Names of the keys, in the order of their groups.</summary>
    public IEnumerable<string> Names => _keys.Keys;

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
            if (!_keys.TryGetValue(entry.Key, out var key))
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
