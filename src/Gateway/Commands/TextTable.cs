namespace Opsen.Gateway.Commands;

/// <summary>A table of text in columns, numbers to the right.</summary>
/// <param name="columns">The headings; one that begins with ">" has its column to the right.</param>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row, a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>The table, each row a line without blanks at its end.</summary>
    /// <param name="width">The most characters of a line; longer ones are cut.</param>
    public IEnumerable<string> Lines(int width = int.MaxValue)
    {
        var widths = columns.Select((heading, i) => _rows.Select(row => row[i].Length).Append(heading.TrimStart('>').Length).Max()).ToArray();
        return _rows.Prepend([.. columns.Select(static heading => heading.TrimStart('>'))]).Select(row => Cut(
            string.Join("  ", row.Select((cell, i) => columns[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd(), width));
    }

    private static string Cut(string line, int width) => line.Length <= width ? line : line[..width];
}
