using Microsoft.Extensions.Logging;
using Opsen.Grains.Placement;
using Orleans.Storage;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Brings a pool's reservations to storage and back, within <see cref="FlushInterval"/>, so that a decision never waits for a disk. What is written is what changed:
/// a ring of segments, each a row. A slot is used again only after twice the life of a reservation, when nothing in it can matter any more. A start reads the
/// whole ring, so segments in which everything is over are emptied, one with every flush. Lives inside the index's grain and is as single-threaded as that.
/// </summary>
internal sealed partial class LedgerStore(
    string pool, IGrainStorage storage, PlacementIndex index, TimeSpan reservationTimeout, TimeProvider time, ILogger logger)
{
    /// <summary>Most slots of a ring: a start reads them all.</summary>
    private const int MaxSlots = 512;

    /// <summary>How far the stored reservations may be behind.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private const string StateName = "ledger";

    private static readonly GrainType RowType = GrainType.Create("ledger");

    private readonly GrainState<LedgerSegment>[] _ring = new GrainState<LedgerSegment>[SlotsFor(reservationTimeout)];

    /// <summary>Slots that hold something, and when they were last written to, oldest first.</summary>
    private readonly Queue<(int Slot, long WrittenAt)> _filled = new();

    /// <summary>How long a segment is written to: a reservation's life in half a ring.</summary>
    private readonly TimeSpan _segmentSpan = TimeSpan.FromTicks(Math.Max(FlushInterval.Ticks, reservationTimeout.Ticks / (SlotsFor(reservationTimeout) / 2)));

    private LedgerSegment _current = new();
    private long _sequence;
    private long _segmentBegan;
    private Task _flush = Task.CompletedTask;
    private bool _hasUnwritten;
    private bool _isFailing;

    private int CurrentSlot => (int)(_sequence % _ring.Length);

    /// <summary>Reads the ring and puts the reservations back whose time has not run out.</summary>
    public async Task RestoreAsync(long nowMs)
    {
        var now = time.GetUtcNow();
        var live = new Dictionary<Guid, StoredReservation>();
        var ended = new HashSet<Guid>();
        foreach (var slots in Enumerable.Range(0, _ring.Length).Chunk(Environment.ProcessorCount))
        {
            // Turning text into reservations is what takes the time, so every processor does some of it.
            await Task.WhenAll(slots.Select(slot => Task.Run(() => ReadAsync(slot))));
            foreach (var slot in slots)
            {
                // The rows come in no order and need none: of a renewed reservation the latest end counts, and one that has ended never comes back.
                var segment = _ring[slot].State ?? new LedgerSegment();
                foreach (var granted in segment.Granted)
                {
                    if (granted.ExpiresAt > now && (!live.TryGetValue(granted.Id, out var other) || other.ExpiresAt < granted.ExpiresAt))
                    {
                        live[granted.Id] = granted;
                    }
                }

                if (segment.Granted.Count + segment.Ended.Count > 0)
                {
                    _filled.Enqueue((slot, time.GetTimestamp()));
                }

                ended.UnionWith(segment.Ended);
                _sequence = Math.Max(_sequence, segment.Sequence);
                _ring[slot].State = null!;
            }
        }

        foreach (var stored in live.Values.Where(stored => !ended.Contains(stored.Id)))
        {
            index.RestoreReservation(
                new ReservationRecord(stored.Id, stored.ClientId, stored.Tier, stored.StickyId, [.. stored.GpuIds], stored.ExpiresAt - now), nowMs);
        }

        BeginSegment();
    }

    /// <summary>Writes what changed, if anything did and no write is under way. What could not be written goes with the next flush.</summary>
    /// <remarks>Ends what is over, too: decisions do so first, and the first one after a quiet time would otherwise wait for all that ended in it.</remarks>
    public Task FlushAsync(long nowMs)
    {
        index.Expire(nowMs);
        if (!_flush.IsCompleted || (!_hasUnwritten && !index.HasReservationChanges && !IsOver(_filled)))
        {
            return Task.CompletedTask;
        }

        return _flush = WriteAsync(nowMs);
    }

    /// <summary>Writes the last changes, after a write that may be under way.</summary>
    public async Task CloseAsync(long nowMs)
    {
        await _flush.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await FlushAsync(nowMs);
    }

    private async Task WriteAsync(long nowMs)
    {
        try
        {
            if (_hasUnwritten || index.HasReservationChanges)
            {
                if (!_hasUnwritten && time.GetElapsedTime(_segmentBegan) >= _segmentSpan)
                {
                    BeginSegment();
                }

                TakeChanges(nowMs);
                _hasUnwritten = true;

                // Elsewhere, because turning thousands of reservations into text would hold up decisions. Nothing changes the segment before this has ended.
                await Task.Run(() => storage.WriteStateAsync(StateName, RowOf(CurrentSlot), _ring[CurrentSlot]), CancellationToken.None);
                _hasUnwritten = false;
                _filled.Enqueue((CurrentSlot, time.GetTimestamp()));
            }

            await EmptyOldestAsync();
            if (_isFailing)
            {
                _isFailing = false;
                LogFlushed(pool);
            }
        }
        catch (InconsistentStateException)
        {
            // A write that was given up went through after all: take over its version and write again at the next flush.
            var stored = new GrainState<LedgerSegment>();
            await storage.ReadStateAsync(StateName, RowOf(CurrentSlot), stored);
            _ring[CurrentSlot].ETag = stored.ETag;
            _ring[CurrentSlot].RecordExists = stored.RecordExists;
        }
#pragma warning disable CA1031 // A disk in trouble must not end the index.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (!_isFailing)
            {
                _isFailing = true;
                LogFlushFailed(pool, error.Message);
            }
        }
    }

    private Task ReadAsync(int slot)
    {
        _ring[slot] = new GrainState<LedgerSegment>(new LedgerSegment());
        return storage.ReadStateAsync(StateName, RowOf(slot), _ring[slot]);
    }

    /// <summary>Whether everything is over in the segment that was written longest ago.</summary>
    private bool IsOver(Queue<(int Slot, long WrittenAt)> filled) =>
        filled.TryPeek(out var oldest) && time.GetElapsedTime(oldest.WrittenAt) > reservationTimeout + _segmentSpan;

    /// <summary>Empties that segment, unless it is written to or was written again since.</summary>
    private async Task EmptyOldestAsync()
    {
        if (!IsOver(_filled))
        {
            return;
        }

        // Should it fail, the slot stays as it is until it is used again.
        var (slot, _) = _filled.Dequeue();
        if (slot != CurrentSlot && _filled.All(later => later.Slot != slot))
        {
            _ring[slot].State = new LedgerSegment();
            await storage.WriteStateAsync(StateName, RowOf(slot), _ring[slot]);
            _ring[slot].State = null!;
        }
    }

    /// <summary>If the most slots suffice, every flush has one of its own, so that what one wrote no other writes again.</summary>
    private static int SlotsFor(TimeSpan timeout) => (int)Math.Clamp(Math.Ceiling(2 * timeout / FlushInterval), 2, MaxSlots);

    private void BeginSegment()
    {
        // Written, and not needed again.
        _ring[CurrentSlot].State = null!;
        _sequence++;
        _segmentBegan = time.GetTimestamp();
        _current = new LedgerSegment { Sequence = _sequence };
        _ring[CurrentSlot].State = _current;
    }

    private void TakeChanges(long nowMs)
    {
        var (granted, ended) = index.TakeReservationChanges(nowMs);
        var now = time.GetUtcNow();
        _current.Granted.AddRange(granted.Select(one => new StoredReservation(
            one.Id, one.ClientId, one.Tier, one.StickyId, [.. one.GpuIds], now + one.Remaining)));
        _current.Ended.AddRange(ended);
    }

    private GrainId RowOf(int slot) => GrainId.Create(RowType, $"{pool}/{slot}");

    [LoggerMessage(311, LogLevel.Error, "The reservations of pool {Pool} could not be stored and will be tried again every second: {Message}")]
    private partial void LogFlushFailed(string pool, string message);

    [LoggerMessage(312, LogLevel.Information, "The reservations of pool {Pool} are stored again")]
    private partial void LogFlushed(string pool);
}
