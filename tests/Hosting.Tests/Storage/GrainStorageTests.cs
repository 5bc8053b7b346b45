using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

public sealed class GrainStorageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Database => _directory.File("opsen.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Restart_KeysThatLookLikeNumbersOrGuids_KeepTheirOwnState()
    {
        string[] ids =
        [
            "ab", "AB", "0ab", "ab+x", "cd+x", "1", "01", "b0a1f2c3d4e5f60718293a4b5c6d7e8f", "B0A1F2C3D4E5F60718293A4B5C6D7E8F",
            "b0a1f2c3-d4e5-f607-1829-3a4b5c6d7e8f", "=ab", "host-ä", "it's", "a/b",
        ];
        await using (var silo = await SiloHost.StartAsync(Database))
        {
            foreach (var id in ids)
            {
                await silo.Grains.GetGrain<IBackendGrain>(id).Register(Registration(id));
            }
        }

        await using var again = await SiloHost.StartAsync(Database);
        foreach (var id in ids)
        {
            Assert.Equal(id, (await again.Grains.GetGrain<IBackendGrain>(id).GetSnapshot())?.Registration.Hostname);
        }
    }

    [Fact]
    public async Task Restart_HostsReportsReservationsAndSessions_AreAllBack()
    {
        PlacementDecision before;
        PlacementDecision held;
        await using (var silo = await SiloHost.StartAsync(Database))
        {
            var backend = silo.Grains.GetGrain<IBackendGrain>("b1");
            await backend.Register(Registration("b1"));
            await backend.Report(Report(cores: 2));
            before = await Session(silo).Resolve(new PlacementRequest { Tier = "lite" });
            held = (await Index(silo).Place([new PlacementRequest { Tier = "lite" }]))[0];
        }

        await using var again = await SiloHost.StartAsync(Database);

        Assert.Equal(RouteOutcome.Routed, before.Outcome);
        var after = await Session(again).Resolve(new PlacementRequest { Tier = "lite" });
        Assert.Equal(0, after.Epoch);
        Assert.Equal(before.ReservationId, after.ReservationId);
        Assert.Equal(RouteOutcome.NoCapacity, (await Index(again).Place([new PlacementRequest { Tier = "lite" }]))[0].Outcome);
        Assert.True(await Index(again).Release(held.ReservationId));
        Assert.Equal(RouteOutcome.Routed, (await Index(again).Place([new PlacementRequest { Tier = "lite" }]))[0].Outcome);
    }

    [Fact]
    public async Task Views_ForPeople_ShowHostsAndSessions()
    {
        await using (var silo = await SiloHost.StartAsync(Database))
        {
            await silo.Grains.GetGrain<IBackendGrain>("b1").Register(Registration("b1"));
            await silo.Grains.GetGrain<IBackendGrain>("b1").Report(Report(cores: 2));
            await Session(silo).Resolve(new PlacementRequest { Tier = "lite" });
        }

        await using var connection = new SqliteFile(Database).Open();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT s.sticky_id, s.tier, s.client_id, c.hostname, s.created_at GLOB '20??-*T*Z', s.last_used = s.created_at, c.total_gpus, c.gpu_models,
                c.endpoint LIKE 'http://127.0.0.1:%', c.created_at GLOB '20??-*', c.last_seen GLOB '20??-*'
            FROM sticky_assignments s JOIN clients c USING (client_id)
            """;
        await using var row = await command.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());
        var values = new object[row.FieldCount];
        row.GetValues(values);
        Assert.Equal(["alice", "lite", "b1", "b1", 1L, 1L, 0L, "[]", 1L, 1L, 1L], values);
    }

    private static ITierIndexGrain Index(SiloHost silo) => silo.Grains.GetGrain<ITierIndexGrain>("default");

    private static IStickySessionGrain Session(SiloHost silo) => silo.Grains.GetGrain<IStickySessionGrain>(SessionKey.Format("default", "alice"));

    private static BackendRegistration Registration(string id) => new()
    {
        ClientId = id,
        Pool = "default",
        Hostname = id,
        Endpoints = [new BackendEndpoint($"http://127.0.0.1:{Random.Shared.Next(1, 65_536)}/{Uri.EscapeDataString(id)}", [])],
    };

    private static LoadReport Report(int cores) => new()
    {
        CpuUsage = [.. Enumerable.Repeat(5.0, cores)],
        MemoryTotalGb = 64,
        MemoryAvailableGb = 60,
        DiskTotalGb = 500,
        DiskAvailableGb = 400,
    };
}
