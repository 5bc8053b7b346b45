using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

public sealed class SqliteSessionStoreTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly SqliteReaders _readers;
    private readonly SqliteWriter _writer;
    private readonly SessionTouches _touches;
    private readonly SqliteSessionStore _store;
    private readonly SqliteLedgerStorage _ledger;
    private readonly Dictionary<string, long> _epochs = [];

    public SqliteSessionStoreTests()
    {
        var file = new SqliteFile(_directory.File("opsen.db"));
        SqliteSchema.Apply(file.Path);
        var trouble = new SqliteTrouble(file, NullLogger<SqliteTrouble>.Instance);
        _readers = new SqliteReaders(file, trouble);
        _writer = new SqliteWriter(file, trouble);
        _touches = new SessionTouches(_writer, TimeProvider.System, NullLogger<SessionTouches>.Instance);
        _store = new SqliteSessionStore(_readers, _writer, _touches, trouble);
        _ledger = new SqliteLedgerStorage(_readers, _writer, trouble);
    }

    public void Dispose()
    {
        _touches.Dispose();
        _readers.Dispose();
        _writer.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Write_ThenRead_GivesTheSameBack()
    {
        var assignment = New("s") with { GpuIds = [0, 3] };

        await WriteAsync("default", assignment);

        var read = Assert.Single(_store.Read("default", "s"));
        Assert.Equal(assignment.GpuIds, read.GpuIds);
        Assert.Equal(assignment with { GpuIds = read.GpuIds }, read);
        Assert.Empty(_store.Read("another", "s"));
        Assert.Empty(_store.Read("default", "S"));
    }

    [Fact]
    public async Task Write_SameSessionAndTier_ReplacesAndKeepsItsPlaceInTheList()
    {
        await WriteAsync("default", New("a"));
        await WriteAsync("default", New("b"));
        await WriteAsync("default", New("a", client: "h2"));
        await WriteAsync("default", New("a", tier: "large"));

        Assert.Equal(["a/lite@h2", "b/lite@h1", "a/large@h1"], Names(_store.List("default", null, Start, 0, 10)));
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

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"s{i}"), Pages(null, 10));
        Assert.Equal(Enumerable.Range(0, 25).Where(i => i % 2 == 1).Select(i => $"s{i}"), Pages("odd", 4));
        Assert.Equal(25, Pages(null, 25).Count);
        Assert.Empty(Pages("nobody", 5));
    }

    [Fact]
    public async Task Delete_TakesAllTiersOfThatSession()
    {
        await WriteAsync("default", New("a"));
        await WriteAsync("default", New("a", tier: "large"));
        await WriteAsync("default", New("b"));

        Assert.True(await _store.DeleteAsync("default", "a"));
        Assert.False(await _store.DeleteAsync("default", "a"));

        Assert.Equal(["b/lite@h1"], Names(_store.List("default", null, Start, 0, 10)));
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

        var counts = _store.CountByHost("default", Start.AddHours(-1)).OrderBy(count => (count.ClientId, count.AffinityEpoch)).ToList();

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

        _store.ForgetHost("h1", 5);

        // The writer keeps the order, and a part that deletes less than it may is the last; three parts follow each other.
        while (_store.Read("default", "old1199").Length > 0)
        {
            await _writer.WriteAsync(db => db.Scalar("SELECT 1"));
        }

        Assert.Equal(["new/lite@h1", "other/lite@h2"], Names(_store.List("default", null, Start, 0, 10)));
    }

    [Fact]
    public async Task Sweep_TakesWhatWasNotUsed_AndATouchCounts()
    {
        await WriteAsync("default", New("unused"));
        await WriteAsync("default", New("used"));
        _store.Touch("default", "used", "lite", Start.AddHours(2));
        _store.Touch("default", "never seen", "lite", Start.AddHours(2));

        Assert.Equal(1, await _store.SweepAsync(Start.AddHours(1), CancellationToken.None));

        Assert.Equal(Start.AddHours(2), Assert.Single(_store.Read("default", "used")).LastUsed);
        Assert.Empty(_store.Read("default", "unused"));
        Assert.Empty(_store.Read("default", "never seen"));
    }

    [Fact]
    public async Task Write_UnderAnEpochThatIsOver_StoresNothing()
    {
        var former = await _ledger.BeginEpochAsync("default");
        await _ledger.BeginEpochAsync("default");

        Assert.False(await _store.WriteAsync("default", New("s"), former));

        Assert.Empty(_store.Read("default", "s"));
        Assert.True(await _store.WriteAsync("default", New("s"), former + 1));
        Assert.False(await _store.WriteAsync("default", New("s", client: "h2"), former));
        Assert.Equal("h1", Assert.Single(_store.Read("default", "s")).ClientId);
    }

    [Fact]
    public async Task ReadReserved_HasThoseWhoseReservationMayBeAlive()
    {
        await WriteAsync("default", New("alive") with { ReservedUntil = Start.AddMilliseconds(1) });
        await WriteAsync("default", New("over") with { ReservedUntil = Start });
        await WriteAsync("other", New("elsewhere") with { ReservedUntil = Start.AddMinutes(1) });

        Assert.Equal("alive", Assert.Single(await _store.ReadReservedAsync("default", Start)).StickyId);
    }

    /// <summary>Writes under the epoch that the pool has, and begins one where there is none.</summary>
    private async Task WriteAsync(string pool, SessionAssignment assignment)
    {
        if (!_epochs.TryGetValue(pool, out var epoch))
        {
            epoch = _epochs[pool] = await _ledger.BeginEpochAsync(pool);
        }

        Assert.True(await _store.WriteAsync(pool, assignment, epoch));
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

    private List<string> Pages(string? clientId, int limit)
    {
        var all = new List<string>();
        for (long? after = 0; after is { } from;)
        {
            var page = _store.List("default", clientId, Start, from, limit);
            Assert.InRange(page.Assignments.Length, 0, limit);
            all.AddRange(page.Assignments.Select(one => one.StickyId));
            after = page.Next;
        }

        return all;
    }
}
