using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite.Takeover;

/// <summary>
/// The tables of the reference implementation, the Go program that Opsen can take the place of: <c>clients</c>, <c>stats</c> and <c>sticky_assignments</c>.
/// Those are names of ours too, so they are kept as <c>reference_clients</c> and so on, for people and for the way back.
/// </summary>
internal static class ReferenceTables
{
    /// <summary>Names of the tables that are put aside.</summary>
    public const string Clients = "reference_clients", Stats = "reference_stats", Sessions = "reference_sticky_assignments";

    private static readonly (string Name, string Kept, string Column)[] Tables =
        [("clients", Clients, "client_id"), ("stats", Stats, "client_id"), ("sticky_assignments", Sessions, "sticky_id")];

    /// <summary>Puts the tables aside, those that there are, and drops their indexes, whose names are ours as well. False when there are none.</summary>
    /// <param name="connection">Within a transaction, in a file without tables of ours.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="StorageStartException">A table has one of the names and is not the reference's.</exception>
    public static bool PutAside(SqliteConnection connection, string path)
    {
        var found = Tables.Where(table => HasTable(connection, table.Name)).ToList();
        foreach (var (name, kept, column) in found)
        {
            if (!Columns(connection, name).Contains(column, StringComparer.OrdinalIgnoreCase) || HasTable(connection, kept))
            {
                throw new StorageStartException($"The database {path} has a table '{name}' that neither Opsen nor its reference implementation made: name another file in 'database'.");
            }

            Run(connection, $"ALTER TABLE {name} RENAME TO {kept}");
            foreach (var index in Names(connection, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = $name", kept))
            {
                Run(connection, $"DROP INDEX \"{index.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
            }
        }

        return found.Count > 0;
    }

    /// <summary>The rows of a table; none when there is no such table.</summary>
    public static IEnumerable<ReferenceRow> Read(SqliteConnection connection, string table)
    {
        if (!HasTable(connection, table))
        {
            yield break;
        }

        using var command = Command(connection, $"SELECT * FROM {table}");
        using var reader = command.ExecuteReader();
        var row = new ReferenceRow(reader);
        while (reader.Read())
        {
            yield return row;
        }
    }

    private static bool HasTable(SqliteConnection connection, string name) =>
        Names(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $name COLLATE NOCASE", name).Count > 0;

    private static List<string> Columns(SqliteConnection connection, string table) => Names(connection, "SELECT name FROM pragma_table_info($name)", table);

    private static List<string> Names(SqliteConnection connection, string sql, string name)
    {
        using var command = Command(connection, sql);
        command.Parameters.AddWithValue("$name", name);
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants, and names out of the file's own list, quoted.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
