using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Keys;

/// <summary>The command-line flag of a key.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Value">What it takes, for the usage.</param>
/// <param name="Help">What it sets, for the usage.</param>
internal sealed record KeyFlag(string Name, string Value, string Help);

/// <summary>A configuration key: its name in every source and how it reaches the options. File, variables, flags and checks share it.</summary>
internal abstract class ConfigurationKey<TOptions>(string name)
{
    /// <summary>Name in the file, snake_case.</summary>
    public string Name { get; } = name;

    /// <summary>The key's flag; null for none.</summary>
    public KeyFlag? Flag { get; init; }

    /// <summary>A second name of its environment variable, without the prefix; null for none.</summary>
    public string? ShortVariable { get; init; }

    /// <summary>Reads a node into the options, or reports what is wrong with it.</summary>
    public abstract void Apply(ConfigurationNode node, TOptions options, ReadContext context);

    /// <summary>Reads the text of a variable or a flag into the options, or reports what is wrong with it.</summary>
    public abstract void ApplyText(string text, Origin origin, TOptions options, ReadContext context);

    /// <summary>What is allowed, in words.</summary>
    public abstract string Allowed { get; }

    /// <summary>Writes its value as it would be written in the file; a secret is hidden.</summary>
    public abstract string Show(TOptions options);

    /// <summary>Whether two options have the same value.</summary>
    public abstract bool Same(TOptions left, TOptions right);
}

/// <summary>A key whose values have the type <typeparamref name="TValue"/>.</summary>
internal sealed class ConfigurationKey<TOptions, TValue>(
    string name, ValueFormat<TValue> format, Func<TOptions, TValue> get, Action<TOptions, TValue> set) : ConfigurationKey<TOptions>(name)
{
    /// <inheritdoc/>
    public override void Apply(ConfigurationNode node, TOptions options, ReadContext context)
    {
        if (node is ScalarNode { Form: ScalarForm.Null } && format.AllowsNull)
        {
            return;
        }

        if (format.TryRead(node, context, out var value))
        {
            set(options, value);
        }
    }

    /// <inheritdoc/>
    public override void ApplyText(string text, Origin origin, TOptions options, ReadContext context)
    {
        if (format.FromText(text, origin, context.Errors) is { } node)
        {
            Apply(node, options, context);
        }
    }

    /// <inheritdoc/>
    public override string Allowed => format.Allowed;

    /// <inheritdoc/>
    public override string Show(TOptions options) => format.Show(get(options));

    /// <inheritdoc/>
    public override bool Same(TOptions left, TOptions right) => format.Same(get(left), get(right));
}
