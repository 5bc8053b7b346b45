using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Grains.Tiers;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Hosting.Tests.Storage;

public sealed class SqliteLedgerStorageTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<IDisposable> _open = [];
    private readonly SqliteLedgerStorage _storage;

    public SqliteLedgerStorageTests()
    {
        SqliteSchema.Apply(_directory.File("opsen.db"));
        _storage = Open();
    }

    public void Dispose()
    {
        _open.ForEach(static one => one.Dispose());
        _directory.Dispose();
    }

    [Fact]
    public async Task BeginEpoch_FromManyProcessesAtOnce_NeverTheSameTwice()
    {
        var others = Enumerable.Range(0, 4).Select(_ => Open()).ToList();

        var epochs = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => others[i % others.Count].BeginEpochAsync("default"))));

        Assert.Equal(Enumerable.Range(1, 100).Select(static i => (long)i), epochs.Order());
        Assert.Equal(1, await _storage.BeginEpochAsync("other"));
    }

    [Fact]
    public async Task Append_ThenRead_GivesTheSameBack()
    {
        var epoch = await _storage.BeginEpochAsync("default");
        var reservation = new StoredReservation(Guid.NewGuid(), "h1", "lite", "größer", [0, 3], Start.AddMinutes(2), [1, 2, 3, 4]);
        var entry = new LedgerEntry { WrittenAt = Start, EndsAt = Start.AddMinutes(2), Granted = [reservation], Ended = [Guid.NewGuid()] };

        Assert.True(await _storage.AppendAsync("default", epoch, entry));

        var read = Assert.Single(await _storage.ReadAsync("default", Start));
        Assert.Equal((entry.WrittenAt, entry.EndsAt), (read.WrittenAt, read.EndsAt));
        Assert.Equal(entry.Ended, read.Ended);
        var granted = Assert.Single(read.Granted);
        Assert.Equal(reservation.GpuIds, granted.GpuIds);
        Assert.Equal(reservation.Need, granted.Need);
        Assert.Equal(reservation with { GpuIds = granted.GpuIds, Need = granted.Need }, granted);
        Assert.Empty(await _storage.ReadAsync("other", Start));
    }

    [Fact]
    public async Task Append_UnderAnEpochThatIsOver_AddsNothing()
    {
        var former = await _storage.BeginEpochAsync("default");
        await Open().BeginEpochAsync("default");

        Assert.False(await _storage.AppendAsync("default", former, Entry(Start.AddMinutes(1))));
        Assert.False(await _storage.AppendAsync("never begun", 1, Entry(Start.AddMinutes(1))));

        Assert.Empty(await _storage.ReadAsync("default", Start));
    }

    [Fact]
    public async Task Trim_ManyEntries_TakesOutAllThatAreOverAndNoOthers()
    {
        var epoch = await _storage.BeginEpochAsync("default");
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(i => _storage.AppendAsync("default", epoch, Entry(Start.AddSeconds(i < 1_100 ? 0 : 1)))));

        await _storage.TrimAsync(Start);

        Assert.Equal(100, (await _storage.ReadAsync("default", DateTimeOffset.UnixEpoch)).Length);
    }

    private static LedgerEntry Entry(DateTimeOffset endsAt) => new() { WrittenAt = Start, EndsAt = endsAt };

    /// <summary>The storage as another process has it: with a writer and readers of its own.</summary>
    private SqliteLedgerStorage Open()
    {
        var file = new SqliteFile(_directory.File("opsen.db"));
        var trouble = new SqliteTrouble(file, NullLogger<SqliteTrouble>.Instance);
        var (readers, writer) = (new SqliteReaders(file, trouble), new SqliteWriter(file, trouble));
        _open.AddRange([readers, writer]);
        return new SqliteLedgerStorage(readers, writer, trouble);
    }
}
