using System.Buffers;
using System.Text;

namespace Opsen.Hosting.Admin;

/// <summary>Writes series of single hosts in Prometheus' text format (version 0.0.4). Not by OpenTelemetry, which reserves memory for every series for ever: a
/// large fleet has tens of thousands of them, and hosts come and go.</summary>
public sealed class HostSeriesWriter(IBufferWriter<byte> output)
{
    /// <summary>A double in its shortest form has no more characters.</summary>
    private const int MaxNumber = 32;

    private byte[] _name = [];

    /// <summary>Begins a metric.</summary>
    /// <param name="name">Its name, by Prometheus' conventions.</param>
    /// <param name="type">"gauge" or "counter".</param>
    /// <param name="help">What it says.</param>
    public void Begin(string name, string type, string help)
    {
        _name = Encoding.UTF8.GetBytes(name);
        output.Write(Encoding.UTF8.GetBytes($"# HELP {name} {help}\n# TYPE {name} {type}\n"));
    }

    /// <summary>Writes a value of the metric.</summary>
    /// <param name="labels">Labels of the host (<see cref="Labels"/>).</param>
    /// <param name="value">The value.</param>
    /// <param name="further">Further labels; empty for none.</param>
    public void Add(ReadOnlySpan<byte> labels, double value, ReadOnlySpan<byte> further = default)
    {
        output.Write(_name);
        output.Write("{"u8);
        output.Write(labels);
        if (!further.IsEmpty)
        {
            output.Write(","u8);
            output.Write(further);
        }

        output.Write("} "u8);
        var number = output.GetSpan(MaxNumber);
        value.TryFormat(number, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
        output.Advance(length);
        output.Write("\n"u8);
    }

    /// <summary>Formats labels; to be made once for a host.</summary>
    public static byte[] Labels(params ReadOnlySpan<(string Name, string Value)> labels)
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

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
