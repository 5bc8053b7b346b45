using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>How the values of a key are written, and which are allowed.</summary>
internal abstract class ValueFormat<T>
{
    /// <summary>What is allowed, to follow "allowed: ".</summary>
    public abstract string Allowed { get; }

    /// <summary>Whether a key without a value is as good as an absent key, as in the reference; otherwise it is an error.</summary>
    public virtual bool AllowsNull => false;

    /// <summary>Reads a value, or reports what is wrong with it.</summary>
    public abstract bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out T value);

    /// <summary>Turns the text of a variable or a flag into a node; null when it cannot be one, which is reported.</summary>
    public virtual ConfigurationNode? FromText(string text, Origin origin, ErrorCollector errors) => new ScalarNode(origin, text, ScalarForm.Plain);

    /// <summary>Whether two values are the same.</summary>
    public virtual bool Same(T left, T right) => EqualityComparer<T>.Default.Equals(left, right);
}
