using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite.Takeover;

/// <summary>A row of the Go program's tables. Columns differ between versions, and SQLite stores any type in any column.</summary>
internal sealed class ReferenceRow(SqliteDataReader reader)
{
    private readonly Dictionary<string, int> _columns = Enumerable.Range(0, reader.FieldCount)
        .ToDictionary(reader.GetName, static i => i, StringComparer.OrdinalIgnoreCase);

    /// <summary>A text; empty when it is NULL or there is no such column. JSON stands there as a blob.</summary>
    public string Text(string column) => Value(column) switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "",
    };

    /// <summary>A number; 0 when there is none.</summary>
    public double Number(string column) => Value(column) switch
    {
        long number => number,
        double number when double.IsFinite(number) => number,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => 0,
    };

    /// <summary>A time; null when there is none.</summary>
    public DateTimeOffset? Time(string column) => ReferenceTime.Parse(Text(column));

    private object? Value(string column) => _columns.TryGetValue(column, out var i) ? reader.GetValue(i) : null;
}
