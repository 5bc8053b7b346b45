using System.Collections.Immutable;
using Npgsql;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Reads the assignments of sessions, those that are asked for at the same time together.</summary>
internal sealed class PostgresSessionReader : IAsyncDisposable
{
    /// <summary>Round trips under way at once.</summary>
    private const int Readers = 2;

    /// <summary>Sessions of one.</summary>
    private const int MaxSessions = 200;

    private const string Select = $"SELECT {PostgresSessionRows.Columns}, pool FROM opsen_session WHERE sticky_id = ANY($1)";

    private readonly PostgresDatabase _database;
    private readonly Grouped<(string Pool, string StickyId), ImmutableArray<SessionAssignment>> _reads;

    /// <summary>Starts the readers.</summary>
    public PostgresSessionReader(PostgresDatabase database)
    {
        _database = database;
        _reads = new(Readers, MaxSessions, ReadAsync);
    }

    /// <summary>A session's assignments, those that have expired among them.</summary>
    public Task<ImmutableArray<SessionAssignment>> ReadAsync(string pool, string stickyId) => _reads.RunAsync((pool, stickyId));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reads.DisposeAsync();

    private async Task<ImmutableArray<SessionAssignment>[]> ReadAsync(List<(string Pool, string StickyId)> group)
    {
        var rows = await _database.QueryAsync(
            Select,
            static (NpgsqlDataReader row) => (Pool: row.GetString(PostgresSessionRows.Count), Assignment: PostgresSessionRows.Read(row)),
            [group.Select(static session => session.StickyId).Distinct(StringComparer.Ordinal).ToArray()]);
        var found = rows.ToLookup(static row => (row.Pool, row.Assignment.StickyId), static row => row.Assignment);
        return [.. group.Select(session => found[session].ToImmutableArray())];
    }
}
