using Microsoft.Data.Sqlite;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Hosting.Storage;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

/// <summary>A database that the reference implementation has made and used.</summary>
public sealed class ReferenceTakeoverTests : IDisposable
{
    private const string Schema = """
        CREATE TABLE clients (client_id TEXT PRIMARY KEY, hostname TEXT, public_ip TEXT, local_ip TEXT, latitude REAL, longitude REAL, country TEXT, city TEXT,
            total_cpu INTEGER, total_memory REAL, total_storage REAL, total_gpus INTEGER DEFAULT 0, gpu_models TEXT, endpoint TEXT, created_at TIMESTAMP, last_seen TIMESTAMP);
        CREATE TABLE stats (id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT, timestamp TIMESTAMP, cpu_cores INTEGER, cpu_usage_json TEXT, memory_total REAL, memory_used REAL,
            memory_avail REAL, disk_total REAL, disk_used REAL, disk_avail REAL, gpu_stats_json TEXT, FOREIGN KEY (client_id) REFERENCES clients(client_id));
        CREATE TABLE sticky_assignments (sticky_id TEXT NOT NULL, tier TEXT NOT NULL, client_id TEXT, created_at TIMESTAMP, last_used TIMESTAMP, PRIMARY KEY (sticky_id, tier));
        CREATE INDEX idx_stats_client_time ON stats(client_id, timestamp DESC);
        CREATE INDEX idx_clients_last_seen ON clients(last_seen);
        CREATE INDEX idx_sticky_last_used ON sticky_assignments(last_used);
        CREATE INDEX idx_sticky_client ON sticky_assignments(client_id);
        CREATE INDEX idx_sticky_id ON sticky_assignments(sticky_id);
        """;

    private readonly TemporaryDirectory _directory = new();

    private string Database => _directory.File("opsen.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_OnItsDatabase_HostsAndSessionsAreOursAndItsTablesAreKept()
    {
        var now = DateTime.UtcNow;
        Execute($$"""
            {{Schema}}
            INSERT INTO clients VALUES ('h1', 'one', '203.0.113.1', '10.0.0.1', 50.7, 7.1, 'DE', 'Bonn', 8, 32.0, 500.0, 0, NULL, 'http://10.0.0.1:11000', '{{now:yyyy-MM-dd HH:mm:ss}}', '{{now:yyyy-MM-dd HH:mm:ss.fffffff}}00+00:00');
            INSERT INTO clients VALUES ('h2', 'two', 'unknown', NULL, NULL, NULL, NULL, NULL, 4, 16.0, 100.0, 1, '["A100"]', 'http://10.0.0.2:11000', NULL, '{{now:yyyy-MM-dd HH:mm:ss.fffffff}} +0000 UTC m=+12.5');
            INSERT INTO clients (client_id, endpoint) VALUES ('', 'http://10.0.0.3:11000');
            INSERT INTO stats (client_id, timestamp, cpu_cores, cpu_usage_json, memory_total, memory_used, memory_avail, disk_total, disk_used, disk_avail, gpu_stats_json)
            VALUES ('h1', '{{now:yyyy-MM-dd HH:mm:ss}}', 8, '[10,20,30,40,50,60,70,80]', 32, 8, 24, 500, 100, 400, NULL),
                   ('h2', '{{now:yyyy-MM-dd HH:mm:ss}}', 4, '[1,2,3,4]', 16, 4, 12, 100, 10, 90, '[{"device_id":0,"name":"A100","utilization_pct":5,"memory_used_gb":1,"memory_total_gb":80}]'),
                   ('h1', '2020-01-01 00:00:00', 8, 'broken', 0, 0, 0, 0, 0, 0, NULL);
            INSERT INTO sticky_assignments VALUES ('alice', 'lite', 'h2', '{{now:yyyy-MM-dd HH:mm:ss}}', '{{now:yyyy-MM-dd HH:mm:ss}}'), ('bob', 'lite', 'gone', NULL, NULL);
            """);

        await using (var silo = await SiloHost.StartAsync(Database))
        {
            var session = (await silo.Grains.GetGrain<IStickySessionGrain>(SessionKey.Format("default", "alice")).Resolve(new PlacementRequest { Tier = "lite" }));
            Assert.Equal((RouteOutcome.Routed, "h2"), (session.Outcome, session.ClientId));
            var host = (await silo.Grains.GetGrain<IBackendGrain>("h1").GetSnapshot())!;
            Assert.True(host.IsActive);
            Assert.Equal(("one", "Bonn", 8, "http://10.0.0.1:11000"), (host.Registration.Hostname, host.Registration.City, host.Registration.TotalCpu, host.Registration.Endpoint));
            Assert.Equal(24, host.Load!.MemoryAvailableGb);
            Assert.Equal(79, Assert.Single((await silo.Grains.GetGrain<IBackendGrain>("h2").GetSnapshot())!.Load!.Gpus).MemoryFreeGb);
            Assert.True(await silo.Grains.GetGrain<IBackendGrain>("h1").Report(host.Load));
        }

        Assert.Equal(3L, Scalar("SELECT count(*) FROM reference_clients"));
        Assert.Equal(3L, Scalar("SELECT count(*) FROM reference_stats"));
        Assert.Equal(2L, Scalar("SELECT count(*) FROM reference_sticky_assignments"));
        Assert.Equal("h1,h2", Scalar("SELECT group_concat(client_id) FROM (SELECT client_id FROM clients ORDER BY client_id)"));
        Assert.Equal("alice", Scalar("SELECT group_concat(sticky_id) FROM sticky_assignments"));

        // A second start takes nothing over again.
        await using var again = await SiloHost.StartAsync(Database);
        Assert.Equal(2L, Scalar("SELECT count(*) FROM clients"));
    }

    [Fact]
    public void Apply_OldShapeWithFewColumns_IsTakenOver()
    {
        Execute("""
            CREATE TABLE clients (client_id TEXT PRIMARY KEY, hostname TEXT, public_ip TEXT);
            INSERT INTO clients VALUES ('h1', 'one', '203.0.113.1');
            """);

        SqliteSchema.Apply(Database);

        Assert.Equal("http://203.0.113.1:11000", Scalar("SELECT endpoint FROM clients"));
    }

    [Fact]
    public void Apply_TableOfSomebodyElse_IsRefusedAndNothingIsChanged()
    {
        Execute("CREATE TABLE clients (name TEXT); CREATE TABLE stats (client_id TEXT)");

        var error = Assert.Throws<StorageStartException>(() => SqliteSchema.Apply(Database));

        Assert.Contains("'clients'", error.Message, StringComparison.Ordinal);
        Assert.Equal("clients,stats", Scalar("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master ORDER BY name)"));
        Assert.Equal(0L, Scalar("PRAGMA user_version"));
    }

    private void Execute(string sql) => Scalar(sql);

    private object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
