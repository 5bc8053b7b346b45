using System.Globalization;
using System.Text;

namespace Opsen.Hosting.Admin;

/// <summary>Writes series of single hosts in Prometheus' text format (version 0.0.4). Not by OpenTelemetry, which reserves memory for every series for ever: a
/// large fleet has tens of thousands of them, and hosts come and go.</summary>
public sealed class HostSeriesWriter
{
    private readonly StringBuilder _text = new();
    private string _name = "";

    /// <summary>Begins a metric.</summary>
    /// <param name="name">Its name, by Prometheus' conventions.</param>
    /// <param name="type">"gauge" or "counter".</param>
    /// <param name="help">What it says.</param>
    public void Begin(string name, string type, string help)
    {
        _name = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    /// <summary>Writes a value of the metric.</summary>
    /// <param name="labels">Labels of the host (<see cref="Labels"/>).</param>
    /// <param name="value">The value.</param>
    public void Add(string labels, double value) =>
        _text.Append(_name).Append('{').Append(labels).Append("} ").Append(CultureInfo.InvariantCulture, $"{value:R}").Append('\n');

    /// <summary>Formats labels; to be made once for a host.</summary>
    public static string Labels(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"");
            foreach (var character in value)
            {
                _ = character switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(character),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
