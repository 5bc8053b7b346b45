using Opsen.Grains.Tiers;

namespace Opsen.Hosting.Tests.Storage;

/// <summary>What every store of epochs and reservations does.</summary>
public abstract class LedgerStorageTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly List<StoresUnderTest> _others = [];
    private StoresUnderTest _stores = null!;

    public async ValueTask InitializeAsync() => _stores = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }

        await _stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens stores on a database of the test's own.</summary>
    protected abstract Task<StoresUnderTest> OpenAsync();

    [Fact]
    public async Task BeginEpoch_FromManyProcessesAtOnce_NeverTheSameTwice()
    {
        var others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAgainAsync()));

        var epochs = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => others[i % others.Length].Ledger.BeginEpochAsync("default"))));

        Assert.Equal(Enumerable.Range(1, 100).Select(static i => (long)i), epochs.Order());
        Assert.Equal(1, await _stores.Ledger.BeginEpochAsync("other"));
    }

    [Fact]
    public async Task Append_ThenRead_GivesTheSameBack()
    {
        var epoch = await _stores.Ledger.BeginEpochAsync("default");
        var reservation = new StoredReservation(Guid.NewGuid(), "h1", "lite", "größer", [0, 3], Start.AddMinutes(2), [1, 2, 3, 4]);
        var entry = new LedgerEntry { WrittenAt = Start, EndsAt = Start.AddMinutes(2), Granted = [reservation], Ended = [Guid.NewGuid()] };

        Assert.True(await _stores.Ledger.AppendAsync("default", epoch, entry));

        var read = Assert.Single(await _stores.Ledger.ReadAsync("default", Start));
        Assert.Equal((entry.WrittenAt, entry.EndsAt), (read.WrittenAt, read.EndsAt));
        Assert.Equal(entry.Ended, read.Ended);
        var granted = Assert.Single(read.Granted);
        Assert.Equal(reservation.GpuIds, granted.GpuIds);
        Assert.Equal(reservation.Need, granted.Need);
        Assert.Equal(reservation with { GpuIds = granted.GpuIds, Need = granted.Need }, granted);
        Assert.Empty(await _stores.Ledger.ReadAsync("other", Start));
    }

    [Fact]
    public async Task Append_UnderAnEpochThatIsOver_AddsNothing()
    {
        var former = await _stores.Ledger.BeginEpochAsync("default");
        await (await OpenAgainAsync()).Ledger.BeginEpochAsync("default");

        Assert.False(await _stores.Ledger.AppendAsync("default", former, Entry(Start.AddMinutes(1))));
        Assert.False(await _stores.Ledger.AppendAsync("never begun", 1, Entry(Start.AddMinutes(1))));

        Assert.Empty(await _stores.Ledger.ReadAsync("default", Start));
    }

    [Fact]
    public async Task Trim_ManyEntries_TakesOutAllThatAreOverAndNoOthers()
    {
        var epoch = await _stores.Ledger.BeginEpochAsync("default");
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(i => _stores.Ledger.AppendAsync("default", epoch, Entry(Start.AddSeconds(i < 1_100 ? 0 : 1)))));

        await _stores.Ledger.TrimAsync(Start);

        Assert.Equal(100, (await _stores.Ledger.ReadAsync("default", DateTimeOffset.UnixEpoch)).Length);
    }

    private static LedgerEntry Entry(DateTimeOffset endsAt) => new() { WrittenAt = Start, EndsAt = endsAt };

    /// <summary>The stores as another process has them: with connections of their own.</summary>
    private async Task<StoresUnderTest> OpenAgainAsync()
    {
        var other = await _stores.OpenAgainAsync();
        lock (_others)
        {
            _others.Add(other);
        }

        return other;
    }
}
