using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A list of strings; in a variable with commas between.</summary>
internal sealed class TextListFormat(TextFormat item) : ValueFormat<IReadOnlyList<string>>
{
    private const int MaximumItems = 1000;

    /// <inheritdoc/>
    public override string Allowed => $"a list, each item {item.Allowed}";

    /// <inheritdoc/>
    public override bool AllowsNull => true;

    /// <inheritdoc/>
    public override bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out IReadOnlyList<string> value)
    {
        value = null;
        if (node is not SequenceNode sequence)
        {
            context.Fail(node.Origin, $"is not a list, write [a, b] or one \"- a\" on each line; allowed: {Allowed}");
            return false;
        }

        if (sequence.Items.Count > MaximumItems)
        {
            context.Fail(node.Origin, $"has {sequence.Items.Count} items; allowed: at most {MaximumItems}");
            return false;
        }

        var items = new List<string>(sequence.Items.Count);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (item.TryRead(sequence.Items[i], context.Item(i), out var text))
            {
                items.Add(text);
            }
        }

        value = items;
        return items.Count == sequence.Items.Count;
    }

    /// <inheritdoc/>
    public override ConfigurationNode FromText(string text, Origin origin, ErrorCollector errors) =>
        new SequenceNode(origin, [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part => new ScalarNode(origin, part, ScalarForm.Quoted))]);

    /// <inheritdoc/>
    public override bool Same(IReadOnlyList<string> left, IReadOnlyList<string> right) => left.SequenceEqual(right);
}
