using System.Collections.Immutable;
using System.Globalization;
using Opsen.Grains.Backends;
using Orleans.Storage;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>State of grains as JSON rows that people can read. A row's version is its ETag.</summary>
internal sealed class SqliteGrainStorage(SqliteReaders readers, SqliteWriter writer, string service) : IGrainStorage, IHostCatalog
{
    private const string Select =
        "SELECT state, version FROM opsen_grain_state WHERE service_id = @service AND state_name = @name AND grain_key = @key";

    // Written as UTF-8, as it is stored: a string would be twice as large and converted again.
    // No row comes back when the stored version is another one than the writer has read.
    private const string SelectAll = "SELECT grain_key, state FROM opsen_grain_state WHERE service_id = @service AND state_name = @name";

    private const string Upsert = """
        INSERT INTO opsen_grain_state (service_id, state_name, grain_key, state, version, modified_at)
        SELECT @service, @name, @key, CAST(@state AS TEXT), 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        WHERE @version IS NULL OR EXISTS (SELECT 1 FROM opsen_grain_state WHERE service_id = @service AND state_name = @name AND grain_key = @key)
        ON CONFLICT (service_id, state_name, grain_key) DO UPDATE
        SET state = excluded.state, version = version + 1, modified_at = excluded.modified_at
        WHERE version = @version
        RETURNING version
        """;

    private const string Delete =
        "DELETE FROM opsen_grain_state WHERE service_id = @service AND state_name = @name AND grain_key = @key AND version = @version RETURNING version";

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (json, version) = readers.Read(db =>
        {
            using var row = db.Prepare(Select, ("@service", service), ("@name", stateName), ("@key", grainId.Key.ToString())).ExecuteReader();
            return row.Read() ? (row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1)) : (null, 0L);
        });
        grainState.State = json is null ? Activator.CreateInstance<T>() : GrainStateJson.DeserializeOrMark<T>(json);
        grainState.ETag = version == 0 ? null : Format(version);
        grainState.RecordExists = version != 0;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString();
        var json = GrainStateJson.SerializeToUtf8(grainState.State);
        var etag = grainState.ETag;
        var stored = await writer.WriteAsync(db =>
            db.Scalar(Upsert, ("@service", service), ("@name", stateName), ("@key", key), ("@state", json), ("@version", Parse(etag))));
        grainState.ETag = Format(Accepted(stored, stateName, key, etag));
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is { } etag)
        {
            var key = grainId.Key.ToString();
            var stored = await writer.WriteAsync(db =>
                db.Scalar(Delete, ("@service", service), ("@name", stateName), ("@key", key), ("@version", Parse(etag))));
            Accepted(stored, stateName, key, etag);
        }

        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredHost>> ReadAsync() => await Task.Run(() =>
    {
        var rows = readers.Read(db =>
        {
            var read = new List<(string Key, string Json)>();
            using var row = db.Prepare(SelectAll, ("@service", service), ("@name", StoredHosts.StateName)).ExecuteReader();
            while (row.Read())
            {
                if (!row.IsDBNull(1))
                {
                    read.Add((row.GetString(0), row.GetString(1)));
                }
            }

            return read;
        });

        return StoredHosts.Read(rows);
    });

    private static long Accepted(object? stored, string stateName, string? key, string? etag) =>
        stored as long? ?? throw new InconsistentStateException($"The state '{stateName}' of '{key}' was changed by another writer.", "another", etag ?? "none");

    private static string Format(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static long? Parse(string? etag) => etag is null ? null : long.Parse(etag, CultureInfo.InvariantCulture);
}
