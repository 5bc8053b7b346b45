using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Tiers.Leases;

namespace Opsen.Hosting.Tests.Storage;

public sealed class PostgresLeaseStorageTests(PostgresFixture postgres)
{
    private static readonly Guid Gateway = Guid.NewGuid();

    [Fact]
    public async Task ConfirmAsync_ByTheIndexThatDecides_IsReadByItsSuccessor()
    {
        await using var stores = await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync());
        var leases = stores.Services.GetRequiredService<ILeaseStorage>();
        var first = await stores.Ledger.BeginEpochAsync("p");
        Assert.Empty((await leases.ReadAsync("p")).Witnesses);

        Assert.True(await leases.ConfirmAsync("p", first, 1, ["a", "b"], [Gateway]));
        await stores.Ledger.BeginEpochAsync("p");

        var former = await leases.ReadAsync("p");
        Assert.Equal(["a", "b"], former.Witnesses);
        Assert.Equal([Gateway], former.Gateways);
    }

    [Fact]
    public async Task ConfirmAsync_BySomebodyWhoWasSuperseded_ChangesNothing()
    {
        await using var stores = await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync());
        var leases = stores.Services.GetRequiredService<ILeaseStorage>();
        var first = await stores.Ledger.BeginEpochAsync("p");
        await leases.ConfirmAsync("p", first, 7, ["a"], []);
        var second = await stores.Ledger.BeginEpochAsync("p");

        Assert.False(await leases.ConfirmAsync("p", first, 8, ["b"], []));
        Assert.Equal(["a"], (await leases.ReadAsync("p")).Witnesses);
        Assert.True(await leases.ConfirmAsync("p", second, 1, ["c"], []));
    }

    [Fact]
    public async Task ConfirmAsync_HeldUpOnItsWay_ChangesNothing()
    {
        await using var stores = await StoresUnderTest.OpenPostgresAsync(await postgres.CreateDatabaseAsync());
        var leases = stores.Services.GetRequiredService<ILeaseStorage>();
        var epoch = await stores.Ledger.BeginEpochAsync("p");
        await leases.ConfirmAsync("p", epoch, 2, ["later"], []);

        Assert.False(await leases.ConfirmAsync("p", epoch, 1, ["earlier"], []));

        Assert.Equal(["later"], (await leases.ReadAsync("p")).Witnesses);
    }
}
