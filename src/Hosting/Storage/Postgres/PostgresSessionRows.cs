using Npgsql;
using Opsen.Grains.Interfaces.Sessions;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>The columns of <c>opsen_session</c>.</summary>
internal static class PostgresSessionRows
{
    /// <summary>What <see cref="Read"/> reads.</summary>
    public const string Columns = "id, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used, reserved_until, host_pool";

    /// <summary>How many they are.</summary>
    public const int Count = 11;

    /// <summary>Reads a row.</summary>
    public static SessionAssignment Read(NpgsqlDataReader row) => new()
    {
        StickyId = row.GetString(1),
        Tier = row.GetString(2),
        ClientId = row.GetString(3),
        AffinityEpoch = row.GetInt64(4),
        ReservationId = row.GetGuid(5),
        GpuIds = [.. row.GetFieldValue<int[]>(6)],
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        LastUsed = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
        ReservedUntil = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)),
        HostPool = row.GetString(10),
    };
}
