using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Grains.Tests.Cluster;
using Opsen.Grains.Tiers;

namespace Opsen.Grains.Tests.Tiers;

public sealed class LedgerStoreTests
{
    private const string Pool = "p";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);
    private static readonly TierSpec Tier = TestFleet.Small with { Vcpu = 0, MemoryGb = 0.001, StorageGb = 0 };

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemoryLedger _storage = new();

    private long Now => (long)_time.GetElapsedTime(0, _time.GetTimestamp()).TotalMilliseconds;

    [Fact]
    public async Task Restore_AfterGrantsReleasesAndRenewals_HasExactlyTheLiveOnes()
    {
        var (index, store) = await StartAsync();
        var (kept, released, renewed) = (Place(index), Place(index), Place(index));
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(90));
        index.Release(released, Now);
        index.Renew(renewed, Now);
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(new HashSet<Guid> { kept, renewed }, LiveAfterRestart());
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(new HashSet<Guid> { renewed }, LiveAfterRestart());
    }

    [Fact]
    public async Task Restore_ReleasedByTheNextIndexBeforeItsFirstFlush_StaysReleased()
    {
        var (first, firstStore) = await StartAsync();
        var (kept, released) = (Place(first), Place(first));
        await firstStore.FlushAsync(Now);

        var (second, secondStore) = await StartAsync();
        foreach (var reservation in LedgerRestore.Merge(_storage.Entries, [], _time.GetUtcNow()))
        {
            second.RestoreReservation(reservation, Now);
        }

        Assert.True(second.Release(released, Now));
        await secondStore.FlushAsync(Now);

        Assert.Equal(new HashSet<Guid> { kept }, LiveAfterRestart());
    }

    [Fact]
    public async Task FlushAsync_NothingChanged_WritesNothing()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);

        await store.FlushAsync(Now);

        Assert.Equal(1, _storage.Appends);
    }

    [Fact]
    public async Task FlushAsync_NobodyDecidesMeanwhile_EndsWhatIsOver()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);
        _time.Advance(Timeout);

        await store.FlushAsync(Now);

        Assert.Equal(0, index.ReservationCount);
    }

    [Fact]
    public async Task FlushAsync_CameAndWentBetweenTwoFlushes_IsNeverWritten()
    {
        var (index, store) = await StartAsync();
        index.Release(Place(index), Now);

        await store.FlushAsync(Now);

        Assert.Equal(0, _storage.Appends);
    }

    [Fact]
    public async Task FlushAsync_ForALongTime_KeepsTheJournalSmallAndRight()
    {
        var (index, store) = await StartAsync();
        var random = new Random(3);
        for (var second = 0; second < 2_000; second++)
        {
            for (var i = random.Next(3); i > 0; i--)
            {
                var id = Place(index);
                if (random.Next(3) == 0)
                {
                    await store.FlushAsync(Now);
                    index.Release(id, Now);
                }
            }

            await store.FlushAsync(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
            if (second % 250 == 0)
            {
                Assert.Equal(index.ExportReservations(Now).Select(one => one.Id).ToHashSet(), LiveAfterRestart());
            }
        }

        // At most three a second, for a reservation's life.
        Assert.InRange(_storage.Entries.Count, 1, 3 * 122);
    }

    [Fact]
    public async Task FlushAsync_EverythingIsOver_LeavesNothingToRead()
    {
        var (index, store) = await StartAsync();
        index.Release(Place(index), Now);
        Place(index);
        await store.FlushAsync(Now);
        _time.Advance(Timeout + LedgerStore.FlushInterval);

        await store.FlushAsync(Now);

        Assert.Empty(_storage.Entries);
    }

    [Fact]
    public async Task FlushAsync_StorageFails_TheNextFlushWritesIt()
    {
        var (index, store) = await StartAsync();
        var (kept, released) = (Place(index), Place(index));
        await store.FlushAsync(Now);
        var added = Place(index);
        index.Release(released, Now);
        _storage.Failure = new IOException("disk full");
        await store.FlushAsync(Now);
        Assert.Equal(new HashSet<Guid> { kept, released }, LiveAfterRestart());

        _storage.Failure = null;
        await store.FlushAsync(Now);

        Assert.Equal(new HashSet<Guid> { kept, added }, LiveAfterRestart());
        Assert.False(store.IsFenced);
    }

    [Fact]
    public async Task FlushAsync_StorageFailsForHours_OnlyWhatIsAliveWaits()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);
        _storage.Failure = new IOException("disk full");
        for (var second = 0; second < 3_600; second++)
        {
            var id = Place(index);
            if (second % 2 == 0)
            {
                index.Release(id, Now);
            }

            await store.FlushAsync(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _storage.Failure = null;
        await store.FlushAsync(Now);

        var written = _storage.Entries[^1];
        Assert.Equal(60, written.Granted.Length);
        Assert.InRange(written.Ended.Length, 0, 60);
        Assert.Equal(index.ExportReservations(Now).Select(one => one.Id).ToHashSet(), LiveAfterRestart());
    }

    [Fact]
    public async Task StoreAsync_OneReservation_IsThereBeforeTheFlush()
    {
        var (index, store) = await StartAsync();
        var (durable, other) = (Place(index), Place(index));

        Assert.True(await store.StoreAsync([durable], Now));

        Assert.Equal(new HashSet<Guid> { durable }, LiveAfterRestart());
        await store.FlushAsync(Now);
        Assert.Equal(new HashSet<Guid> { durable, other }, LiveAfterRestart());
        Assert.Equal(2, _storage.Appends);
    }

    [Fact]
    public async Task StoreAsync_StorageFails_SaysSo()
    {
        var (index, store) = await StartAsync();
        _storage.Failure = new IOException("disk full");

        Assert.False(await store.StoreAsync([Place(index)], Now));

        Assert.False(store.IsFenced);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnotherIndexBegins_TheFirstStoresNothingMoreAndIsFenced(bool isDurable)
    {
        var (index, store) = await StartAsync();
        var before = Place(index);
        await store.FlushAsync(Now);
        var (_, second) = await StartAsync();
        Assert.Equal(store.Epoch + 1, second.Epoch);
        var late = Place(index);

        if (isDurable)
        {
            Assert.False(await store.StoreAsync([late], Now));
        }
        else
        {
            await store.FlushAsync(Now);
        }

        Assert.True(store.IsFenced);
        Assert.False(second.IsFenced);
        Assert.Equal(new HashSet<Guid> { before }, LiveAfterRestart());
    }

    [Fact]
    public async Task Restore_ClockSetBack_KeepsNothingLongerThanItWasGiven()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);

        var restored = Restore(NewIndex(), _time.GetUtcNow().AddDays(-1));

        Assert.Equal(Timeout, Assert.Single(restored.ExportReservations(0)).Remaining);
    }

    [Fact]
    public async Task Restore_TimeoutLowered_LiveReservationsKeepTheirTime()
    {
        var (index, store) = await StartAsync();
        var id = Place(index);
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(30));

        var restored = Restore(NewIndex(timeout: TimeSpan.FromSeconds(1)), _time.GetUtcNow());

        Assert.Equal(TimeSpan.FromSeconds(90), restored.Remaining(id, 0));
    }

    [Theory]
    [InlineData("small", 0.002)]
    [InlineData("renamed", 0.001)]
    public async Task Restore_TierChangedOrGone_HoldsWhatWasGranted(string name, double memoryGb)
    {
        // 16 GB of memory, and every session holds 15 of them.
        var (index, store) = await StartAsync([Tier with { MemoryGb = 15 }]);
        var id = Place(index);
        await store.FlushAsync(Now);

        var restored = Restore(NewIndex([Tier with { Name = name, MemoryGb = memoryGb }, Tier with { Name = "huge", MemoryGb = 2 }]), _time.GetUtcNow());

        Assert.Equal(RouteOutcome.NoCapacity, restored.Choose(new PlacementQuery { Tier = 1 }, 0, out _));
        Assert.True(restored.Release(id, 0));
        Assert.Equal(RouteOutcome.Routed, restored.Choose(new PlacementQuery { Tier = 1 }, 0, out _));
    }

    [Fact]
    public async Task Restore_SessionsRowIsNewerThanTheJournal_TheRowCounts()
    {
        var (index, store) = await StartAsync();
        var former = Place(index, "moved");
        await store.FlushAsync(Now);
        var (row, only) = (Assignment("moved", Guid.NewGuid()), Assignment("new", Guid.NewGuid()));

        var live = LiveAfterRestart(row, only, Assignment("over", Guid.NewGuid()) with { ReservedUntil = _time.GetUtcNow() });

        Assert.DoesNotContain(former, live);
        Assert.Equal(new HashSet<Guid> { row.ReservationId, only.ReservationId }, live);
    }

    [Fact]
    public async Task Restore_SessionsReservationWasReleasedOrRenewed_TheJournalCounts()
    {
        var (index, store) = await StartAsync();
        var (released, renewed) = (Place(index, "released"), Place(index, "renewed"));
        var rows = new[] { Assignment("released", released), Assignment("renewed", renewed) };
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(60));
        index.Release(released, Now);
        index.Renew(renewed, Now);
        await store.FlushAsync(Now);

        var restored = Restore(NewIndex(), _time.GetUtcNow(), rows);

        Assert.Equal(Timeout, Assert.Single(restored.ExportReservations(0), one => one.Id == renewed).Remaining);
        Assert.Equal(1, restored.ReservationCount);
    }

    private SessionAssignment Assignment(string stickyId, Guid reservationId) => new()
    {
        StickyId = stickyId,
        Tier = "small",
        ClientId = "a",
        AffinityEpoch = 0,
        ReservationId = reservationId,
        CreatedAt = _time.GetUtcNow(),
        LastUsed = _time.GetUtcNow(),
        ReservedUntil = _time.GetUtcNow() + Timeout,
    };

    private static PlacementIndex NewIndex(TierSpec[]? tiers = null, TimeSpan? timeout = null)
    {
        var index = new PlacementIndex([.. tiers ?? [Tier]], timeout ?? Timeout);
        index.Upsert(TestFleet.Host("a"), 0);
        return index;
    }

    private async Task<(PlacementIndex Index, LedgerStore Store)> StartAsync(TierSpec[]? tiers = null)
    {
        var index = NewIndex(tiers);
        var store = new LedgerStore(Pool, _storage, index, _time, NullLogger.Instance);
        await store.BeginAsync();
        return (index, store);
    }

    private HashSet<Guid> LiveAfterRestart(params SessionAssignment[] sessions) =>
        [.. Restore(NewIndex(), _time.GetUtcNow(), sessions).ExportReservations(0).Select(one => one.Id)];

    private PlacementIndex Restore(PlacementIndex index, DateTimeOffset now, params SessionAssignment[] sessions)
    {
        foreach (var reservation in LedgerRestore.Merge(_storage.Entries, sessions, now))
        {
            Assert.True(index.RestoreReservation(reservation, 0));
        }

        return index;
    }

    private Guid Place(PlacementIndex index, string? stickyId = null)
    {
        Assert.Equal(RouteOutcome.Routed, index.Place(new PlacementQuery { StickyId = stickyId }, Now, out var placement));
        return placement.ReservationId;
    }
}
