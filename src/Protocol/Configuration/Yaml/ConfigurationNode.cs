namespace Opsen.Protocol.Configuration.Yaml;

/// <summary>Where a value was written.</summary>
/// <param name="Source">A file's path, an environment variable or a flag.</param>
/// <param name="Line">Line in the file, from 1; null elsewhere.</param>
internal readonly record struct Origin(string Source, int? Line = null);

/// <summary>A value as written, before its key gives it a type. Files, variables and flags all become such nodes.</summary>
internal abstract record ConfigurationNode(Origin Origin);

/// <summary>How a scalar was written, which decides what it may be.</summary>
internal enum ScalarForm
{
    /// <summary>Bare text: may be a number, a boolean or a string.</summary>
    Plain,

    /// <summary>A string, whatever it looks like.</summary>
    Quoted,

    /// <summary>Nothing, "~" or "null".</summary>
    Null,
}

/// <summary>A single value.</summary>
internal sealed record ScalarNode(Origin Origin, string Text, ScalarForm Form) : ConfigurationNode(Origin);

/// <summary>A list.</summary>
internal sealed record SequenceNode(Origin Origin, IReadOnlyList<ConfigurationNode> Items) : ConfigurationNode(Origin);

/// <summary>A mapping; keys may repeat, which its reader reports.</summary>
internal sealed record MappingNode(Origin Origin, IReadOnlyList<MappingEntry> Entries) : ConfigurationNode(Origin);

/// <summary>A key of a mapping with its value.</summary>
internal sealed record MappingEntry(Origin Origin, string Key, ConfigurationNode Value);
