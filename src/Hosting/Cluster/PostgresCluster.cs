using Npgsql;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Postgres;
using Opsen.Protocol.Configuration;
using Orleans.Configuration;

namespace Opsen.Hosting.Cluster;

/// <summary>Silos that find each other, and are found by gateways, in PostgreSQL.</summary>
public sealed class PostgresCluster
{
    /// <summary>Name under which Orleans knows the driver.</summary>
    private const string Driver = "Npgsql";

    /// <summary>Connections for membership: one question or write at a time, seldom two.</summary>
    private const int MembershipConnections = 4;

    private readonly ServerOptions _options;
    private readonly string _connection;

    private PostgresCluster(ServerOptions options, string clusterId, string connection) => (_options, Id, _connection) = (options, clusterId, connection);

    /// <summary>The cluster's id for Orleans: <c>cluster_id</c>, and which database. So a silo that has the address of another cluster's former one is
    /// refused, although both operators kept the usual name.</summary>
    public string Id { get; }

    /// <summary>Connects to the database and makes its schema ready.</summary>
    /// <exception cref="StorageStartException">The database cannot be used; the message says why and what to do.</exception>
    public static async Task<PostgresCluster> PrepareAsync(ServerOptions options, CancellationToken cancellation = default)
    {
        var database = await PostgresSchema.ApplyAsync(options, cancellation);
        var connection = new NpgsqlConnectionStringBuilder(options.ClusterConnection)
        {
            ApplicationName = $"{AppDomain.CurrentDomain.FriendlyName} membership",
            MaxPoolSize = MembershipConnections,
            Timeout = 3,
            CommandTimeout = 5,
        };
        return new PostgresCluster(options, $"{options.ClusterId}@{database.Id:N}"[..(options.ClusterId.Length + 9)], connection.ConnectionString);
    }

    /// <summary>Makes the schema ready and says what was done: the <c>migrate</c> command.</summary>
    /// <exception cref="StorageStartException">The database cannot be used; the message says why and what to do.</exception>
    public static async Task<string> MigrateAsync(ServerOptions options)
    {
        var database = await PostgresSchema.ApplyAsync(options, CancellationToken.None);
        return database.FoundVersion == PostgresSchema.Version
            ? $"The database {database.Name} has schema version {PostgresSchema.Version} already."
            : $"The database {database.Name} had {(database.FoundVersion == 0 ? "no schema" : $"schema version {database.FoundVersion}")} and has version {PostgresSchema.Version} now.";
    }

    /// <summary>Makes a silo a member.</summary>
    public void Join(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Driver, _connection));
        silo.Configure<Orleans.Configuration.EndpointOptions>(endpoint => AdvertisedAddress.Configure(endpoint, _options));
        silo.Configure<ClusterMembershipOptions>(static membership =>
        {
            // A silo that died is known to be dead after some three seconds, instead of some fifteen.
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(1);
            membership.NumMissedProbesLimit = 2;
            membership.EnableIndirectProbes = false;
            membership.ExtendProbeTimeoutDuringDegradation = false;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);

            // Two votes declare a silo dead, or half of those that wrote within three of these: so the one that is left when the others die at once can.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
            membership.NumMissedTableIAmAliveLimit = 3;
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
        });
        ClusterTls.Use(silo, _options);
    }

    /// <summary>Connects a gateway.</summary>
    public void Connect(IClientBuilder client)
    {
        client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Driver, _connection));
        ClusterTls.Use(client, _options);
    }
}
