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
            if (TryReadItem(sequence.Items[i], context.Item(i), out var record))
            {
                CheckAgainst(records, record, sequence.Items[i].Origin, context.Item(i));
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
    public override bool Same(IReadOnlyList<TRecord> left, IReadOnlyList<TRecord> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => SameRecord(pair.First, pair.Second));

    /// <summary>Turns a draft whose keys are each in range into a record, or reports what is missing or does not fit together.</summary>
    protected abstract bool TryBuild(TDraft draft, Origin origin, ReadContext context, [MaybeNullWhen(false)] out TRecord record);

    /// <summary>Reports what must not be the same in two records.</summary>
    protected virtual void CheckAgainst(IReadOnlyList<TRecord> earlier, TRecord record, Origin origin, ReadContext context)
    {
    }

    /// <summary>Whether two records are the same.</summary>
    protected virtual bool SameRecord(TRecord left, TRecord right) => EqualityComparer<TRecord>.Default.Equals(left, right);

    private bool TryReadItem(ConfigurationNode node, ReadContext context, [MaybeNullWhen(false)] out TRecord record)
    {
        record = default;
        if (node is not MappingNode mapping)
        {
            context.Fail(node.Origin, $"is not a mapping; allowed: {example}");
            return false;
        }

        var before = context.Errors.Errors.Count;
        var draft = new TDraft();
        keys.Apply(mapping, draft, context);
        return context.Errors.Errors.Count == before && TryBuild(draft, node.Origin, context, out record);
    }
}
