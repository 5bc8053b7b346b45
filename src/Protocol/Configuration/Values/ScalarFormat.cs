using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A format whose values are single scalars.</summary>
internal abstract class ScalarFormat<T> : ValueFormat<T>
{
    private const int LongestQuote = 60;

    /// <summary>Whether errors must not repeat the value.</summary>
    public bool IsSecret { get; init; }

    /// <inheritdoc/>
    public override bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        var problem = node switch
        {
            SequenceNode => "a list is not allowed here",
            MappingNode => "a mapping is not allowed here",
            ScalarNode { Form: ScalarForm.Null } => "has no value",
            ScalarNode scalar => Parse(scalar, out value) is { } wrong ? $"{Quote(scalar.Text)} {wrong}" : null,
            _ => throw new ArgumentOutOfRangeException(nameof(node)),
        };
        if (problem is null)
        {
            return value is not null;
        }

        context.Fail(node.Origin, $"{problem}; allowed: {Allowed}");
        return false;
    }

    /// <summary>Parses a scalar that is not null.</summary>
    /// <returns>What is wrong, to follow the quoted value; null when the value is good.</returns>
    protected abstract string? Parse(ScalarNode scalar, out T value);

    private string Quote(string text) =>
        IsSecret ? "the value"
        : text.Length <= LongestQuote ? $"'{text}'"
        : $"'{text.AsSpan(0, LongestQuote)}…'";
}
