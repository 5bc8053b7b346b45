using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>A list of mappings that each become a record; in a variable as YAML flow text.</summary>
/// <typeparam name="TDraft">Takes the keys of an item while it is read.</typeparam>
/// <typeparam name="TRecord">What an item becomes.</typeparam>
internal abstract class RecordListFormat<TDraft, TRecord>(KeyTable<TDraft> keys, int maximumItems, string example) : ValueFormat<IReadOnlyList<TRecord>>
    where TDraft : class, new()
{
    /// <inheritdoc/>
    public override string Allowed => $"a list of at most {maximumItems} mappings such as {example}";

    /// <inheritdoc/>
    public override bool AllowsNull => true;

    /// <inheritdoc/>
    public override bool TryRead(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out IReadOnlyList<TRecord> value)
    {
        value = null;
        if (node is not SequenceNode sequence)
        {
            context.Fail(node.Origin, $"is not a list; allowed: {Allowed}");
            return false;
        }

        if (sequence.Items.Count > maximumItems)
        {
            context.Fail(node.Origin, $"has {sequence.Items.Count} items; allowed: at most {maximumItems}");
            return false;
        }

        var before = context.Errors.Errors.Count;
        var records = new List<TRecord>(sequence.Items.Count);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (TryReadItem(sequence.Items[i], records, context.Item(i), out var record))
            {
                records.Add(record);
            }
        }

        value = records;
        return context.Errors.Errors.Count == before;
    }

    /// <inheritdoc/>
    public override ConfigurationNode? FromText(string text, Origin origin, ErrorCollector errors) =>
        YamlReader.Read(text, origin.Source, hasLines: false, errors);

    /// <inheritdoc/>
    public override string Show(IReadOnlyList<TRecord> value) => $"[{string.Join(", ", value.Select(ShowRecord))}]";

    /// <inheritdoc/>
    public override bool Same(IReadOnlyList<TRecord> left, IReadOnlyList<TRecord> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => SameRecord(pair.First, pair.Second));

    /// <summary>Turns a record back into a draft, to be shown.</summary>
    protected abstract TDraft ToDraft(TRecord record);

    /// <summary>Turns a draft without a <see cref="Problem"/> into a record.</summary>
    protected abstract TRecord Build(TDraft draft);

    /// <summary>Finds what is missing in a draft whose keys are each in range, does not fit together or is taken by an earlier record.</summary>
    /// <returns>The key to blame and what is wrong; null when nothing is.</returns>
    protected abstract (string Key, string Message)? Problem(TDraft draft, IReadOnlyList<TRecord> earlier);

    /// <summary>Whether two records are the same.</summary>
    protected virtual bool SameRecord(TRecord left, TRecord right) => EqualityComparer<TRecord>.Default.Equals(left, right);

    /// <summary>Reads an item that is no mapping.</summary>
    protected virtual bool TryReadScalar(ScalarNode node, ReadContext context, [MaybeNullWhen(false)] out TRecord record)
    {
        record = default;
        return FailItem(node, context);
    }

    private string ShowRecord(TRecord record)
    {
        var (draft, defaults) = (ToDraft(record), new TDraft());
        return $"{{{string.Join(", ", keys.Where(key => !key.Same(draft, defaults)).Select(key => $"{key.Name}: {key.Show(draft)}"))}}}";
    }

    private bool FailItem(ConfigurationNode node, ReadContext context)
    {
        context.Fail(node.Origin, $"is not a mapping; allowed: {example}");
        return false;
    }

    private bool TryReadItem(
        ConfigurationNode node, IReadOnlyList<TRecord> earlier, ReadContext context, [MaybeNullWhen(false)] out TRecord record)
    {
        record = default;
        if (node is ScalarNode scalar)
        {
            return TryReadScalar(scalar, context, out record);
        }

        if (node is not MappingNode mapping)
        {
            return FailItem(node, context);
        }

        var before = context.Errors.Errors.Count;
        var draft = new TDraft();
        var origins = keys.Apply(mapping, draft, context);
        if (context.Errors.Errors.Count > before)
        {
            return false;
        }

        if (Problem(draft, earlier) is var (key, message))
        {
            context.Member(key).Fail(origins.GetValueOrDefault(key, node.Origin), message);
            return false;
        }

        record = Build(draft)!;
        return true;
    }
}
