using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Fleet;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;
using Orleans.TestingHost;

namespace Opsen.Grains.Tests.Cluster;

/// <summary>One real silo in this process, with its storage in a SQLite file. Tests keep apart by using pools of their own.</summary>
public class ClusterFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private InProcessTestCluster? _cluster;

    /// <summary>The silo's database.</summary>
    public virtual string DatabaseFile => _directory.File("opsen.db");

    public InProcessTestCluster Cluster => _cluster ?? throw new InvalidOperationException("Not started.");

    public IGrainFactory Grains => Cluster.Client;

    protected virtual GrainSettings Settings { get; } = new() { Tiers = [TestFleet.Small, TestFleet.Large] };

    protected virtual TimeProvider Time => TimeProvider.System;

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            SqliteSchema.Apply(DatabaseFile);
            silo.Services.AddSqliteStorage(new ServerOptions { Database = DatabaseFile });
            silo.Services.AddSingleton(Time);
            silo.Services.AddOpsenGrains(Settings);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    public static string NewName(string prefix) => $"{prefix}-{Guid.NewGuid():N}";

    public ITierIndexGrain Index(string pool) => Grains.GetGrain<ITierIndexGrain>(pool);

    public IBackendGrain Backend(string clientId) => Grains.GetGrain<IBackendGrain>(clientId);

    public IStickySessionGrain Session(string pool, string stickyId) => Grains.GetGrain<IStickySessionGrain>(SessionKey.Format(pool, stickyId));

    /// <summary>The silo's own view of a pool.</summary>
    public FleetView Fleet(string pool) => Cluster.GetSiloServiceProvider().GetRequiredService<FleetViews>().For(pool);

    /// <summary>Registers a host and reports once.</summary>
    public async Task<string> AddHostAsync(string pool, LoadReport? report = null, string? clientId = null)
    {
        var id = clientId ?? NewName("host");
        await Backend(id).Register(TestFleet.Registration(id, pool));
        Assert.True(await Backend(id).Report(report ?? TestFleet.Report()));
        return id;
    }

    /// <summary>How many reports of a host the history holds.</summary>
    public long CountReports(string id) => (long)Query("SELECT count(*) FROM stats WHERE client_id = $id", id)!;

    /// <summary>Asks the database for one value.</summary>
    public object? Query(string sql, string id) => Run(sql, id, static command => command.ExecuteScalar());

    /// <summary>Changes the database behind the silo's back.</summary>
    public void Execute(string sql, string id) => Run(sql, id, static command => command.ExecuteNonQuery());

    private T Run<T>(string sql, string id, Func<SqliteCommand, T> run)
    {
        using var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$id", id);
        return run(command);
    }

    /// <summary>Lets no write to the database through until it is disposed.</summary>
    public IDisposable HoldWrites()
    {
        var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        connection.Open();
        using var begin = connection.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        begin.ExecuteNonQuery();
        return connection;
    }

    public async Task<PlacementDecision> PlaceAsync(string pool, PlacementRequest request) => (await Index(pool).Place([request]))[0];
}
