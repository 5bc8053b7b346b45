using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Opsen.Protocol.Configuration.Yaml;

/// <summary>
/// Reads one YAML document into nodes that know their lines. Anchors, aliases and merge keys work;
/// it is built on parser events because YamlDotNet's own model stops at the first repeated key.
/// </summary>
internal sealed class YamlReader
{
    // The deepest document that any key asks for has four levels.
    private const int MaxDepth = 32;

    private readonly Parser _parser;
    private readonly string _source;
    private readonly bool _hasLines;
    private readonly Dictionary<AnchorName, ConfigurationNode> _anchors = [];

    private YamlReader(string text, string source, bool hasLines)
    {
        _parser = new Parser(new StringReader(text));
        _source = source;
        _hasLines = hasLines;
    }

    /// <summary>Reads a document.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="source">Name of the file or variable, for errors.</param>
    /// <param name="hasLines">Whether errors name lines; false for a variable's text.</param>
    /// <param name="errors">Takes the error of broken YAML.</param>
    /// <returns>The root; a null scalar for an empty document; null when the text is not one YAML document.</returns>
    public static ConfigurationNode? Read(string text, string source, bool hasLines, ErrorCollector errors)
    {
        var reader = new YamlReader(text, source, hasLines);
        if (FindUnprintable(text) is { } found)
        {
            errors.Add(new Origin(source, hasLines ? found.Line : null), "", $"broken YAML: the character U+{found.Code:X4} is not allowed (YAML 1.2, section 5.1); remove it");
            return null;
        }

        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException exception)
        {
            // The start is that of the construct under way, the end is where it breaks.
            errors.Add(reader.OriginOf(exception.End.Line > 0 ? exception.End : exception.Start), "", $"broken YAML: {exception.Message}");
            return null;
        }
#pragma warning disable CA1031 // The library throws others at some broken texts: InvalidOperationException for a key over two lines in [].
        catch (Exception)
#pragma warning restore CA1031
        {
            errors.Add(new Origin(source, hasLines ? (int?)reader._parser.Current?.End.Line : null), "", "broken YAML: it cannot be read behind this place");
            return null;
        }
    }

    /// <summary>The first character that YAML does not allow (c-printable of YAML 1.2, section 5.1), which the parser lets pass. A byte order mark may begin
    /// the text.</summary>
    private static (int Line, int Code)? FindUnprintable(string text)
    {
        var line = 1;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n')
            {
                line++;
            }
            else if (char.IsSurrogate(c)
                ? !(char.IsHighSurrogate(c) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]))
                : c is not ('\t' or '\r' or '\u0085' or (>= ' ' and <= '~') or (>= '\u00A0' and <= '\uFFFD')))
            {
                return (line, c);
            }
        }

        return null;
    }

    private ConfigurationNode ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out var end))
        {
            return new ScalarNode(OriginOf(end.Start), "", ScalarForm.Null);
        }

        _parser.Consume<DocumentStart>();
        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        return _parser.TryConsume<StreamEnd>(out _)
            ? root
            : throw new YamlException(_parser.Current!.Start, _parser.Current.End, "a second document begins here; only one is allowed");
    }

    private ConfigurationNode ReadNode(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} has no anchor before it");
        }

        var start = _parser.Consume<NodeEvent>();
        if (depth > MaxDepth)
        {
            throw new YamlException(start.Start, start.End, $"more than {MaxDepth} levels");
        }

        ConfigurationNode node = start switch
        {
            SequenceStart sequence => ReadSequence(sequence, depth),
            MappingStart mapping => ReadMapping(mapping, depth),
            _ => ReadScalar((Scalar)start),
        };
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }

        return node;
    }

    private ScalarNode ReadScalar(Scalar scalar)
    {
        var isQuoted = scalar.Style != ScalarStyle.Plain || scalar.Tag == "tag:yaml.org,2002:str" || scalar.Tag.IsNonSpecific;
        var form = isQuoted ? ScalarForm.Quoted
            : scalar.Value is "" or "~" or "null" or "Null" or "NULL" ? ScalarForm.Null
            : ScalarForm.Plain;
        return new ScalarNode(OriginOf(scalar.Start), scalar.Value, form);
    }

    private SequenceNode ReadSequence(SequenceStart start, int depth)
    {
        var items = new List<ConfigurationNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new SequenceNode(OriginOf(start.Start), items);
    }

    private MappingNode ReadMapping(MappingStart start, int depth)
    {
        var entries = new List<MappingEntry>();
        var merged = new List<MappingEntry>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Accept<Scalar>(out _)
                ? _parser.Consume<Scalar>()
                : throw new YamlException(_parser.Current!.Start, _parser.Current.End, "a key must be plain text");
            var value = ReadNode(depth + 1);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                merged.AddRange(EntriesToMerge(value, key));
                continue;
            }

            // The parser places an absent value after the blank lines and comments that follow its key.
            var origin = OriginOf(key.Start);
            entries.Add(new MappingEntry(origin, key.Value, value is ScalarNode { Form: ScalarForm.Null } absent ? absent with { Origin = origin } : value));
        }

        var own = entries.Select(entry => entry.Key).ToHashSet();
        return new MappingNode(OriginOf(start.Start), [.. entries, .. merged.Where(entry => own.Add(entry.Key))]);
    }

    private static IEnumerable<MappingEntry> EntriesToMerge(ConfigurationNode value, Scalar key) => value switch
    {
        MappingNode mapping => mapping.Entries,
        SequenceNode sequence => sequence.Items.SelectMany(item => EntriesToMerge(item, key)),
        _ => throw new YamlException(key.Start, key.End, "<< takes a mapping or a list of mappings"),
    };

    private Origin OriginOf(Mark mark) => new(_source, _hasLines ? (int)mark.Line : null);
}
