using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>How the values of a key are written, and which are allowed.</summary>
internal abstract class ValueFormat<T>
{
    /// <summary>What stands for a secret.</summary>
    protected const string Hidden = "(hidden)";

    /// <summary>What is allowed, to follow "allowed: ".</summary>
    public abstract string Allowed { get; }

    /// <summary>Whether a key without a value counts as absent, as in the Go program; otherwise it is an error.</summary>
    public virtual bool AllowsNull => false;

    /// <summary>Reads a value, or reports what is wrong with it.</summary>
    public abstract bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out T value);

    /// <summary>Turns the text of a variable or a flag into a node; null when it cannot be one, which is reported.</summary>
    public virtual ConfigurationNode? FromText(string text, Origin origin, ErrorCollector errors) => new ScalarNode(origin, text, ScalarForm.Plain);

    /// <summary>Writes a value as it would be written in the file; a secret as <see cref="Hidden"/>.</summary>
    public abstract string Show(T value);

    /// <summary>Whether two values are the same.</summary>
    public virtual bool Same(T left, T right) => EqualityComparer<T>.Default.Equals(left, right);
}

/// <summary>Where a value is read for, and where its errors go.</summary>
/// <param name="Key">The key, such as "port" or "tiers[1].vcpu".</param>
/// <param name="Errors">Takes what is wrong.</param>
internal sealed record ReadContext(string Key, ErrorCollector Errors)
{
    /// <summary>The context of an item of this key's list.</summary>
    public ReadContext Item(int index) => this with { Key = $"{Key}[{index}]" };

    /// <summary>The context of a key inside this key's mapping.</summary>
    public ReadContext Member(string name) => this with { Key = Key.Length == 0 ? name : $"{Key}.{name}" };

    /// <summary>Reports what is wrong at a place.</summary>
    public void Fail(Origin origin, string message) => Errors.Add(origin, Key, message);
}
