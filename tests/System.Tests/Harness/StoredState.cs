using System.Globalization;
using Microsoft.Data.Sqlite;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>Looks into the database from outside, to learn what a crash would leave.</summary>
internal static class StoredState
{
    /// <summary>Waits until a text stands in any row of any table: what is acknowledged at once may be written up to a second later.</summary>
    public static Task UntilHoldsAsync(Deployment server, string text) =>
        Wait.UntilAsync(
            $"'{text}' in {server.DatabaseFile}",
            _ => Task.FromResult(Holds(server.DatabaseFile, text)),
            Patience.Change,
            TestContext.Current.CancellationToken);

    private static bool Holds(string file, string text)
    {
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        var columns = Query(connection, """
            SELECT t.name || '/' || c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
            """);
        return columns.Select(static column => column.Split('/')).Any(column => Query(
            connection, $"SELECT count(*) FROM \"{column[0]}\" WHERE instr(CAST(\"{column[1]}\" AS TEXT), $text) > 0", text).Single() != "0");
    }

    private static List<string> Query(SqliteConnection connection, string sql, string? text = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (text is not null)
        {
            command.Parameters.AddWithValue("$text", text);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture) ?? "");
        }

        return rows;
    }
}
