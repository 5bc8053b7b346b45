using Npgsql;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Lets one silo of all do what need not be done twice. The lock ends with the connection, so a silo that dies leaves none behind.</summary>
internal static class SingleRunner
{
    /// <summary>Removes sessions that are over.</summary>
    public const long Sessions = 0x6F7073656E02;

    /// <summary>Removes old reports.</summary>
    public const long Reports = 0x6F7073656E03;

    /// <summary>Runs <paramref name="work"/> and returns its count; 0 at once when another silo is at it.</summary>
    public static Task<int> RunAsync(PostgresDatabase database, long key, Func<Task<int>> work, CancellationToken cancellation) => database.RunLongAsync(
        async connection =>
        {
            await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new NpgsqlParameter { Value = key } } };
            if (await take.ExecuteScalarAsync(CancellationToken.None) is not true)
            {
                return 0;
            }

            try
            {
                return await work();
            }
            finally
            {
                await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection) { Parameters = { new NpgsqlParameter { Value = key } } };
                await release.ExecuteScalarAsync(CancellationToken.None);
            }
        },
        cancellation);
}
