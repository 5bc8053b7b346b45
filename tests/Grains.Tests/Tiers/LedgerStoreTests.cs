using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Grains.Tests.Cluster;
using Opsen.Grains.Tiers;
using Orleans.Storage;

namespace Opsen.Grains.Tests.Tiers;

public sealed class LedgerStoreTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly JsonStorage _storage = new();

    [Fact]
    public async Task RestoreAsync_AfterGrantsReleasesAndRenewals_HasExactlyTheLiveOnes()
    {
        var (index, store) = await StartAsync();
        var (kept, released, renewed) = (Place(index), Place(index), Place(index));
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(90));
        index.Release(released, Now);
        index.Renew(renewed, Now);
        await store.FlushAsync(Now);
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(new HashSet<Guid> { kept, renewed }, await LiveAfterRestartAsync());
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(new HashSet<Guid> { renewed }, await LiveAfterRestartAsync());
    }

    [Fact]
    public async Task FlushAsync_NothingChanged_WritesNothing()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);
        var writes = _storage.Writes;

        await store.FlushAsync(Now);

        Assert.Equal(writes, _storage.Writes);
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

        Assert.Equal(0, _storage.Writes);
    }

    [Fact]
    public async Task FlushAsync_ForManyRingsOfTime_KeepsTheRingSmallAndRight()
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
                    index.Release(id, Now);
                }
            }

            await store.FlushAsync(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
            if (second % 250 == 0)
            {
                Assert.Equal(index.ExportReservations(Now).Select(one => one.Id).ToHashSet(), await LiveAfterRestartAsync());
            }
        }

        Assert.InRange(_storage.Rows, 1, 240);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FlushAsync_EverythingIsOver_EmptiesTheSegmentsSoThatAStartHasNothingToRead(bool afterRestart)
    {
        var (index, store) = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            Place(index);
            await store.FlushAsync(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        if (afterRestart)
        {
            (_, store) = await StartAsync();
        }

        _time.Advance(Timeout - TimeSpan.FromSeconds(1));
        await FlushForAsync(store, seconds: 2);
        Assert.Contains(_storage.Texts, text => text.Contains("ClientId", StringComparison.OrdinalIgnoreCase));

        await FlushForAsync(store, seconds: 20);

        // The slot that is written to next stays as it is.
        Assert.InRange(_storage.Texts.Count(text => text.Contains("ClientId", StringComparison.OrdinalIgnoreCase)), 0, 1);
        var writes = _storage.Writes;
        await FlushForAsync(store, seconds: 20);
        Assert.Equal(writes, _storage.Writes);
    }

    [Fact]
    public async Task FlushAsync_StorageFails_TheNextFlushWritesIt()
    {
        var (index, store) = await StartAsync();
        var id = Place(index);
        _storage.FailNext = new IOException("disk full");
        await store.FlushAsync(Now);
        Assert.Empty(await LiveAfterRestartAsync());

        await store.FlushAsync(Now);

        Assert.Equal(new HashSet<Guid> { id }, await LiveAfterRestartAsync());
    }

    [Fact]
    public async Task FlushAsync_VersionMovedOn_TakesItOverAndWritesAtTheNextFlush()
    {
        var (index, store) = await StartAsync();
        var id = Place(index);
        _storage.FailNext = new InconsistentStateException("moved on");
        await store.FlushAsync(Now);

        await store.FlushAsync(Now);

        Assert.Equal(new HashSet<Guid> { id }, await LiveAfterRestartAsync());
    }

    [Fact]
    public async Task RestoreAsync_ClockSetBack_KeepsNothingLongerThanItsTimeout()
    {
        var (index, store) = await StartAsync();
        Place(index);
        await store.FlushAsync(Now);
        var earlier = new FakeTimeProvider(_time.GetUtcNow().AddDays(-1));

        var restored = NewIndex();
        await new LedgerStore("p", _storage, restored, Timeout, earlier, NullLogger.Instance).RestoreAsync(0);

        Assert.Equal(Timeout, Assert.Single(restored.ExportReservations(0)).Remaining);
    }

    private long Now => (long)_time.GetElapsedTime(0, _time.GetTimestamp()).TotalMilliseconds;

    private async Task FlushForAsync(LedgerStore store, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            await store.FlushAsync(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static PlacementIndex NewIndex()
    {
        var index = new PlacementIndex([TestFleet.Small with { Vcpu = 0, MemoryGb = 0.001, StorageGb = 0 }], Timeout);
        index.Upsert(TestFleet.Host("a"), 0);
        return index;
    }

    private async Task<(PlacementIndex Index, LedgerStore Store)> StartAsync()
    {
        var index = NewIndex();
        var store = new LedgerStore("p", _storage, index, Timeout, _time, NullLogger.Instance);
        await store.RestoreAsync(Now);
        return (index, store);
    }

    private async Task<HashSet<Guid>> LiveAfterRestartAsync()
    {
        var index = NewIndex();
        await new LedgerStore("p", _storage.Copy(), index, Timeout, _time, NullLogger.Instance).RestoreAsync(Now);
        return [.. index.ExportReservations(Now).Select(one => one.Id)];
    }

    private Guid Place(PlacementIndex index)
    {
        Assert.Equal(RouteOutcome.Routed, index.Place(new PlacementQuery(), Now, out var placement));
        return placement.ReservationId;
    }

    /// <summary>Grain storage in memory that keeps states as text, so that nothing is shared with the grain by reference.</summary>
    private sealed class JsonStorage : IGrainStorage
    {
        private readonly Dictionary<GrainId, (string Json, int Version)> _rows = [];

        public int Writes { get; private set; }

        public int Rows => _rows.Count;

        public IEnumerable<string> Texts => _rows.Values.Select(row => row.Json);

        public Exception? FailNext { get; set; }

        public JsonStorage Copy()
        {
            var copy = new JsonStorage();
            foreach (var (key, row) in _rows)
            {
                copy._rows[key] = row;
            }

            return copy;
        }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = _rows.TryGetValue(grainId, out var row);
            grainState.State = grainState.RecordExists ? JsonSerializer.Deserialize<T>(row.Json)! : Activator.CreateInstance<T>();
            grainState.ETag = grainState.RecordExists ? $"{row.Version}" : null;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (FailNext is { } failure)
            {
                FailNext = null;
                return Task.FromException(failure);
            }

            var version = _rows.TryGetValue(grainId, out var row) ? row.Version : 0;
            Assert.Equal(version == 0 ? null : $"{version}", grainState.ETag);
            Writes++;
            _rows[grainId] = (JsonSerializer.Serialize(grainState.State), version + 1);
            grainState.ETag = $"{version + 1}";
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            Task.FromException(new InvalidOperationException("The ledger clears nothing."));
    }
}
