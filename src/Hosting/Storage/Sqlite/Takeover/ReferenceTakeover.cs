using Microsoft.Data.Sqlite;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Sqlite.Takeover;

/// <summary>What was taken over from the Go program's tables.</summary>
/// <param name="Hosts">Hosts.</param>
/// <param name="Sessions">Sessions.</param>
/// <param name="LeftOut">Hosts and sessions that could not be read, or whose host is not there.</param>
internal sealed record TakenOver(int Hosts, int Sessions, int LeftOut);

/// <summary>Copies hosts and sessions from the Go program's tables. Runs within the transaction that creates ours.</summary>
internal sealed class ReferenceTakeover(SqliteConnection connection, SqliteStatements statements, ServerOptions options, DateTimeOffset now)
{
    private const string InsertState = """
        INSERT INTO opsen_grain_state (service_id, state_name, grain_key, state, version, modified_at)
        VALUES (@service, @name, @key, @state, 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        """;

    private const string InsertSession = """
        INSERT OR IGNORE INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used)
        VALUES (@pool, @sticky, @tier, @client, @epoch, @reservation, '[]', @created, @used)
        """;

    /// <summary>Takes everything over.</summary>
    public TakenOver Run()
    {
        var hosts = ReadHosts(out var leftOut);
        var seen = hosts.Count > 0 ? hosts.Max(host => host.Snapshot.LastSeen) : now;
        var loads = ReadLoads();
        foreach (var (snapshot, createdAt) in hosts)
        {
            var host = snapshot with
            {
                Load = loads.GetValueOrDefault(snapshot.ClientId),

                // The silence since the Go program stopped is not the host's.
                IsActive = seen - snapshot.LastSeen <= TimeSpan.FromMinutes(options.StaleMinutes),
            };
            Store("backend", host.ClientId, new BackendState { Host = host, CreatedAt = createdAt });
        }

        var sessions = CopySessions(hosts.ToDictionary(host => host.Snapshot.ClientId, host => host.Snapshot.AffinityEpoch, StringComparer.Ordinal),
            ref leftOut);
        return new TakenOver(hosts.Count, sessions, leftOut);
    }

    private List<(HostSnapshot Snapshot, DateTimeOffset CreatedAt)> ReadHosts(out int leftOut)
    {
        var hosts = new List<(HostSnapshot Snapshot, DateTimeOffset CreatedAt)>();
        leftOut = 0;
        foreach (var row in ReferenceTables.Read(connection, ReferenceTables.Clients))
        {
            if (ReferenceHost.Registration(row, options.Pool) is not { } registration)
            {
                leftOut++;
                continue;
            }

            var lastSeen = Past(row.Time("last_seen"));
            hosts.Add((
                new HostSnapshot
                {
                    Registration = registration,
                    LastSeen = lastSeen,
                    RegisteredAt = lastSeen.UtcTicks,
                    AffinityEpoch = now.UtcTicks,
                },
                Past(row.Time("created_at"))));
        }

        // Of hosts with one endpoint the one that was seen last has it; ids differ, because they are the table's key.
        var count = hosts.Count;
        hosts = [.. hosts.OrderByDescending(host => host.Snapshot.LastSeen).DistinctBy(host => host.Snapshot.Registration.EndpointKey, StringComparer.Ordinal)
            .DistinctBy(host => host.Snapshot.ClientId, StringComparer.Ordinal)];
        leftOut += count - hosts.Count;
        return hosts;
    }

    /// <summary>The latest report of each host, so that there is something to route by before its agent reports again.</summary>
    private Dictionary<string, LoadReport> ReadLoads()
    {
        var latest = new Dictionary<string, LoadReport>(StringComparer.Ordinal);
        foreach (var row in ReferenceTables.Read(connection, ReferenceTables.Stats))
        {
            var clientId = row.Text("client_id");
            var time = Past(row.Time("timestamp"));
            if ((!latest.TryGetValue(clientId, out var other) || other.Timestamp <= time) && ReferenceHost.Load(row, time) is { } load)
            {
                latest[clientId] = load;
            }
        }

        return latest;
    }

    private int CopySessions(Dictionary<string, long> epochs, ref int leftOut)
    {
        var taken = 0;
        foreach (var row in ReferenceTables.Read(connection, ReferenceTables.Sessions))
        {
            var (stickyId, tier, clientId) = (row.Text("sticky_id"), row.Text("tier"), row.Text("client_id"));
            if (stickyId.Length == 0 || tier.Length == 0 || !epochs.TryGetValue(clientId, out var epoch))
            {
                leftOut++;
                continue;
            }

            var createdAt = row.Time("created_at");
            taken += statements.Execute(
                InsertSession,
                ("@pool", options.Pool),
                ("@sticky", stickyId),
                ("@tier", tier),
                ("@client", clientId),
                ("@epoch", epoch),
                ("@reservation", Guid.NewGuid().ToString("N")),
                ("@created", Past(createdAt).ToUnixTimeMilliseconds()),
                ("@used", Past(row.Time("last_used") ?? createdAt).ToUnixTimeMilliseconds()));
        }

        return taken;
    }

    private void Store<T>(string name, string key, T state) => statements.Execute(
        InsertState, ("@service", options.ServiceId), ("@name", name), ("@key", key), ("@state", GrainStateJson.Serialize(state)));

    /// <summary>A time that is not ahead of the clock; now when it is unknown.</summary>
    private DateTimeOffset Past(DateTimeOffset? time) => time is { } known && known < now ? known : now;
}
