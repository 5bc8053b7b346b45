using System.Collections.Immutable;
using System.Globalization;
using Opsen.Grains.Backends;
using Orleans.Storage;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>State of grains as JSON rows that people can read. A row's version is its ETag.</summary>
internal sealed class PostgresGrainStorage(PostgresDatabase database, string service) : IGrainStorage, IHostCatalog
{
    private const string Select = "SELECT state::text, version FROM opsen_grain_state WHERE service_id = $1 AND state_name = $2 AND grain_key = $3";

    private const string SelectAll = "SELECT grain_key, state::text FROM opsen_grain_state WHERE service_id = $1 AND state_name = $2";

    // No row comes back when the stored version is another one than the writer has read.
    private const string Insert = """
        INSERT INTO opsen_grain_state (service_id, state_name, grain_key, state, version) VALUES ($1, $2, $3, $4::json, 1)
        ON CONFLICT DO NOTHING RETURNING version
        """;

    private const string Update = """
        UPDATE opsen_grain_state SET state = $4::json, version = version + 1, modified_at = now()
        WHERE service_id = $1 AND state_name = $2 AND grain_key = $3 AND version = $5
        RETURNING version
        """;

    private const string Delete =
        "DELETE FROM opsen_grain_state WHERE service_id = $1 AND state_name = $2 AND grain_key = $3 AND version = $4 RETURNING version";

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var rows = await database.QueryAsync(
            Select, static row => (Json: row.GetString(0), Version: row.GetInt64(1)), service, stateName, grainId.Key.ToString());
        grainState.State = rows.Count > 0 ? GrainStateJson.DeserializeOrMark<T>(rows[0].Json) : Activator.CreateInstance<T>();
        grainState.ETag = rows.Count > 0 ? Format(rows[0].Version) : null;
        grainState.RecordExists = rows.Count > 0;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString();
        var json = GrainStateJson.Serialize(grainState.State);
        var stored = grainState.ETag is { } etag
            ? await database.ScalarAsync(Update, service, stateName, key, json, Parse(etag))
            : await database.ScalarAsync(Insert, service, stateName, key, json);
        grainState.ETag = Format(Accepted(stored, stateName, key, grainState.ETag));
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is { } etag)
        {
            var key = grainId.Key.ToString();
            Accepted(await database.ScalarAsync(Delete, service, stateName, key, Parse(etag)), stateName, key, etag);
        }

        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredHost>> ReadAsync() =>
        StoredHosts.Read(await database.QueryAsync(SelectAll, static row => (row.GetString(0), row.GetString(1)), service, StoredHosts.StateName));

    private static long Accepted(object? stored, string stateName, string? key, string? etag) =>
        stored as long? ?? throw new InconsistentStateException($"The state '{stateName}' of '{key}' was changed by another writer.", "another", etag ?? "none");

    private static string Format(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static long Parse(string etag) => long.Parse(etag, CultureInfo.InvariantCulture);
}
