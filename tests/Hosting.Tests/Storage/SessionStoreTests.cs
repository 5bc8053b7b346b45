using Microsoft.Extensions.DependencyInjection;
using Opsen.Grains.Budgets;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Sessions;
using Opsen.Grains.Tiers;

namespace Opsen.Hosting.Tests.Storage;

/// <summary>What every session store does.</summary>
public abstract class SessionStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, long> _epochs = [];
    private StoresUnderTest _stores = null!;

    private ISessionStore Sessions => _stores.Sessions;

    private ILedgerStorage Ledger => _stores.Ledger;

    public async ValueTask InitializeAsync() => _stores = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens stores on a database of the test's own.</summary>
    protected abstract Task<StoresUnderTest> OpenAsync();

    [Fact]
    public async Task Write_ThenRead_GivesTheSameBack()
    {
        var assignment = New("s") with { GpuIds = [0, 3] };

        await WriteAsync("default", assignment);

        var read = Assert.Single(await Sessions.ReadAsync("default", "s"));
        Assert.Equal(assignment.GpuIds, read.GpuIds);
        Assert.Equal(assignment with { GpuIds = read.GpuIds }, read);
        Assert.Empty(await Sessions.ReadAsync("another", "s"));
        Assert.Empty(await Sessions.ReadAsync("default", "S"));
    }

    [Fact]
    public async Task Write_SameSessionAndTier_ReplacesAndKeepsItsPlaceInTheList()
    {
        await WriteAsync("default", New("a"));
        await WriteAsync("default", New("b"));
        await WriteAsync("default", New("a", client: "h2"));
        await WriteAsync("default", New("a", tier: "large"));

        Assert.Equal(["a/lite@h2", "b/lite@h1", "a/large@h1"], Names(await Sessions.ListAsync("default", null, Start, 0, 10)));
    }

    [Fact]
    public async Task List_PageByPage_ShowsEachOnceAndEnds()
    {
        for (var i = 0; i < 25; i++)
        {
            await WriteAsync("default", New($"s{i}", client: i % 2 == 0 ? "even" : "odd"));
        }

        await WriteAsync("another", New("elsewhere"));
        await WriteAsync("default", New("expired") with { LastUsed = Start.AddMinutes(-1) });

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"s{i}"), await PagesAsync(null, 10));
        Assert.Equal(Enumerable.Range(0, 25).Where(i => i % 2 == 1).Select(i => $"s{i}"), await PagesAsync("odd", 4));
        Assert.Equal(25, (await PagesAsync(null, 25)).Count);
        Assert.Empty(await PagesAsync("nobody", 5));
    }

    [Fact]
    public async Task Census_SessionsAndPools_AreCounted()
    {
        var census = _stores.Services.GetRequiredService<IStorageCensus>();
        Assert.Equal(0, (await census.CountAsync()).Sessions);
        await WriteAsync("default", New("a"));
        await WriteAsync("default", New("a", tier: "large"));
        await WriteAsync("another", New("a"));

        var counted = await census.CountAsync();

        Assert.Equal((3, 0), (counted.Sessions, counted.Hosts));
        Assert.Equal(["another", "default"], counted.Pools.Order());
    }

    [Fact]
    public async Task Delete_TakesAllTiersOfThatSession()
    {
        await WriteAsync("default", New("a"));
        await WriteAsync("default", New("a", tier: "large"));
        await WriteAsync("default", New("b"));

        Assert.True(await Sessions.DeleteAsync("default", "a"));
        Assert.False(await Sessions.DeleteAsync("default", "a"));

        Assert.Equal(["b/lite@h1"], Names(await Sessions.ListAsync("default", null, Start, 0, 10)));
    }

    [Fact]
    public async Task CountByHost_TellsHostsAndEpochsApartAndLeavesOutWhatExpired()
    {
        await WriteAsync("default", New("a", epoch: 5));
        await WriteAsync("default", New("b", epoch: 5));
        await WriteAsync("default", New("c", epoch: 6));
        await WriteAsync("default", New("d", client: "h2"));
        await WriteAsync("default", New("old") with { LastUsed = Start.AddDays(-1) });
        await WriteAsync("other", New("e"));

        var counts = (await Sessions.CountByHostAsync("default", Start.AddHours(-1))).OrderBy(count => (count.ClientId, count.AffinityEpoch)).ToList();

        Assert.Equal([("h1", 5, 2), ("h1", 6, 1), ("h2", New("d").AffinityEpoch, 1)], counts.Select(count => (count.ClientId, count.AffinityEpoch, count.Count)));
    }

    [Fact]
    public async Task ForgetHost_TakesWhatIsVoidAndLeavesWhatCameLater()
    {
        for (var i = 0; i < 1_200; i++)
        {
            await WriteAsync("default", New($"old{i}", epoch: 5));
        }

        await WriteAsync("default", New("new", epoch: 6));
        await WriteAsync("default", New("other", client: "h2", epoch: 5));

        Sessions.ForgetHost("h1", 5);

        await Eventually.BecomesTrueAsync(async () =>
            Names(await Sessions.ListAsync("default", null, Start, 0, 10)).SequenceEqual(["new/lite@h1", "other/lite@h2"]));
    }

    [Fact]
    public async Task Sweep_TakesWhatWasNotUsed_AndATouchCounts()
    {
        await WriteAsync("default", New("unused"));
        await WriteAsync("default", New("used"));
        Sessions.Touch("default", "used", "lite", Start.AddHours(2));
        Sessions.Touch("default", "never seen", "lite", Start.AddHours(2));

        Assert.Equal(1, await Sessions.SweepAsync(Start.AddHours(1), CancellationToken.None));

        Assert.Equal(Start.AddHours(2), Assert.Single(await Sessions.ReadAsync("default", "used")).LastUsed);
        Assert.Empty(await Sessions.ReadAsync("default", "unused"));
        Assert.Empty(await Sessions.ReadAsync("default", "never seen"));
    }

    [Fact]
    public async Task Write_UnderAnEpochThatIsOver_StoresNothing()
    {
        var former = await Ledger.BeginEpochAsync("default");
        await Ledger.BeginEpochAsync("default");

        Assert.Equal(SessionWrite.Fenced, await Sessions.WriteAsync("default", New("s"), null, former));

        Assert.Empty(await Sessions.ReadAsync("default", "s"));
        var stored = New("s");
        Assert.Equal(SessionWrite.Stored, await Sessions.WriteAsync("default", stored, null, former + 1));
        Assert.Equal(SessionWrite.Fenced, await Sessions.WriteAsync("default", New("s", client: "h2"), stored.ReservationId, former));
        Assert.Equal("h1", Assert.Single(await Sessions.ReadAsync("default", "s")).ClientId);
    }

    [Fact]
    public async Task Write_HostInAnotherPool_IsFencedAndReservedByThatPoolAndKeptByItsOwn()
    {
        await WriteAsync("default", New("stays") with { ReservedUntil = Start.AddMinutes(2) });
        var epoch = await Ledger.BeginEpochAsync("spare") + 1;
        await Ledger.BeginEpochAsync("spare");
        var spilled = New("s") with { HostPool = "spare", ReservedUntil = Start.AddMinutes(2) };

        Assert.Equal(SessionWrite.Fenced, await Sessions.WriteAsync("default", spilled, null, epoch - 1));
        Assert.Equal(SessionWrite.Stored, await Sessions.WriteAsync("default", spilled, null, epoch));

        Assert.Equal("spare", Assert.Single(await Sessions.ReadAsync("default", "s")).HostPool);
        Assert.Empty(await Sessions.ReadAsync("spare", "s"));
        Assert.Equal("s", Assert.Single(await Sessions.ReadReservedAsync("spare", Start)).StickyId);
        Assert.Equal("stays", Assert.Single(await Sessions.ReadReservedAsync("default", Start)).StickyId);
        var home = New("s");
        Assert.Equal(SessionWrite.Stored, await Sessions.WriteAsync("default", home, spilled.ReservationId, _epochs["default"]));
        Assert.Equal("", Assert.Single(await Sessions.ReadAsync("default", "s")).HostPool);
    }

    [Fact]
    public async Task Write_AnotherStoredSinceItWasRead_IsAConflictAndChangesNothing()
    {
        var (first, second) = (New("s"), New("s", client: "h2"));
        await WriteAsync("default", first);
        await WriteAsync("default", second);

        Assert.Equal(SessionWrite.Conflict, await Sessions.WriteAsync("default", New("s", client: "h3"), first.ReservationId, _epochs["default"]));
        Assert.Equal(SessionWrite.Conflict, await Sessions.WriteAsync("default", New("s", client: "h3"), null, _epochs["default"]));

        Assert.Equal("h2", Assert.Single(await Sessions.ReadAsync("default", "s")).ClientId);
    }

    [Fact]
    public async Task Write_ManyWhoReadTheSame_OneIsStored()
    {
        await WriteAsync("default", New("other"));
        var epoch = _epochs["default"];

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => Sessions.WriteAsync("default", New("s", client: $"h{i}"), null, epoch))));

        Assert.Equal(1, outcomes.Count(static outcome => outcome == SessionWrite.Stored));
        Assert.Equal(99, outcomes.Count(static outcome => outcome == SessionWrite.Conflict));
    }

    [Fact]
    public async Task ReadReserved_HasThoseWhoseReservationMayBeAlive()
    {
        await WriteAsync("default", New("alive") with { ReservedUntil = Start.AddMilliseconds(1) });
        await WriteAsync("default", New("over") with { ReservedUntil = Start });
        await WriteAsync("other", New("elsewhere") with { ReservedUntil = Start.AddMinutes(1) });

        Assert.Equal("alive", Assert.Single(await Sessions.ReadReservedAsync("default", Start)).StickyId);
    }

    /// <summary>Writes under the epoch that the pool has, and begins one where there is none.</summary>
    private async Task WriteAsync(string pool, SessionAssignment assignment)
    {
        if (!_epochs.TryGetValue(pool, out var epoch))
        {
            epoch = _epochs[pool] = await Ledger.BeginEpochAsync(pool);
        }

        var stored = (await Sessions.ReadAsync(pool, assignment.StickyId)).FirstOrDefault(other => other.Tier == assignment.Tier);
        Assert.Equal(SessionWrite.Stored, await Sessions.WriteAsync(pool, assignment, stored?.ReservationId, epoch));
    }

    private static SessionAssignment New(string stickyId, string tier = "lite", string client = "h1", long epoch = 1) => new()
    {
        StickyId = stickyId,
        Tier = tier,
        ClientId = client,
        AffinityEpoch = epoch,
        ReservationId = Guid.NewGuid(),
        CreatedAt = Start,
        LastUsed = Start,
    };

    private static IEnumerable<string> Names(SessionPage page) => page.Assignments.Select(one => $"{one.StickyId}/{one.Tier}@{one.ClientId}");

    private async Task<List<string>> PagesAsync(string? clientId, int limit)
    {
        var all = new List<string>();
        for (long? after = 0; after is { } from;)
        {
            var page = await Sessions.ListAsync("default", clientId, Start, from, limit);
            Assert.InRange(page.Assignments.Length, 0, limit);
            all.AddRange(page.Assignments.Select(one => one.StickyId));
            after = page.Next;
        }

        return all;
    }
}
