using Npgsql;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>A cluster's database.</summary>
/// <param name="Name">Server, port and name, for messages.</param>
/// <param name="Id">Tells it from every other database.</param>
/// <param name="FoundVersion">The version of the schema that it had; 0 for none.</param>
internal readonly record struct PostgresIdentity(string Name, Guid Id, int FoundVersion);

/// <summary>Creates and upgrades the schema, in place, by one of many processes that start at once.</summary>
internal static class PostgresSchema
{
    /// <summary>The version that this program writes.</summary>
    public const int Version = 2;

    // Any number that nothing else in the database uses as an advisory lock.
    private const long MigrationLock = 0x6F7073656E01;

    /// <summary>Connects, and applies the schema where it is missing or older; all of it, or nothing.</summary>
    /// <returns>What the database is.</returns>
    /// <exception cref="StorageStartException">The server cannot be reached, or the schema is newer than this program; the message says what to
    /// change.</exception>
    public static async Task<PostgresIdentity> ApplyAsync(ServerOptions options, CancellationToken cancellation)
    {
        await using var connections = PostgresConnections.For(options);
        try
        {
            await using var connection = await connections.OpenAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({MigrationLock})", cancellation);
            var stored = await ReadVersionAsync(connection, cancellation);
            if (stored > Version)
            {
                throw new StorageStartException(
                    $"The database {connections.Name} has schema version {stored}, and this program knows {Version}: start the newer program, or name another database in 'cluster_connection'.");
            }

            if (stored < Version)
            {
                await ExecuteAsync(connection, await ReadScriptAsync(), cancellation);
                await ExecuteAsync(
                    connection,
                    stored == 0
                        ? $"INSERT INTO opsen_schema (version, identity, cluster_id) VALUES ({Version}, gen_random_uuid(), $1)"
                        : $"UPDATE opsen_schema SET version = {Version} WHERE cluster_id = $1",
                    cancellation,
                    options.ClusterId);
            }

            var (identity, owner) = await ReadIdentityAsync(connection, cancellation);
            if (owner != options.ClusterId)
            {
                throw new StorageStartException(
                    $"The database {connections.Name} belongs to the cluster '{owner}', and cluster_id is '{options.ClusterId}'. Two clusters need two databases: correct 'cluster_id', or name another database in 'cluster_connection'.");
            }

            await transaction.CommitAsync(cancellation);
            return new PostgresIdentity(connections.Name, identity, stored);
        }
        catch (NpgsqlException error)
        {
            throw new StorageStartException($"The database {connections.Name} cannot be used: {Explain(error)}", error);
        }
    }

    private static string Explain(NpgsqlException error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => $"{error.Message}. Create it, or correct cluster_connection.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            $"{error.Message}. Correct the user or password in cluster_connection.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            $"{error.Message}. Grant the user CREATE on the schema, or run 'opsen-silo migrate' once as an owner.",
        PostgresException => error.Message,
        _ => $"{error.GetBaseException().Message}. Check cluster_connection, and that the server runs and takes connections from here.",
    };

    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('opsen_schema') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellation) is not true)
        {
            return 0;
        }

        await using var version = new NpgsqlCommand("SELECT max(version) FROM opsen_schema", connection);
        return await version.ExecuteScalarAsync(cancellation) as int? ?? 0;
    }

    private static async Task<(Guid Identity, string ClusterId)> ReadIdentityAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT identity, cluster_id FROM opsen_schema", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation)
            ? (row.GetGuid(0), row.GetString(1))
            : throw new StorageStartException("The table opsen_schema is empty, so nobody can say what the database's schema is. Restore it, or name another database in 'cluster_connection'.");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params string[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(Array.ConvertAll(values, static value => new NpgsqlParameter { Value = value }));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<string> ReadScriptAsync()
    {
        await using var stream = typeof(PostgresSchema).Assembly.GetManifestResourceStream(typeof(PostgresSchema), "schema.sql")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
