using Microsoft.Extensions.Logging;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Brings a pool's reservations to storage, as a journal of what changed: within <see cref="FlushInterval"/>, so that most decisions never wait for a disk,
/// or before the answer (<see cref="StoreAsync"/>). Every write names the epoch under which the index decides; when storage knows another one, <see
/// cref="IsFenced"/> turns true for good. Lives inside the index's grain and is as single-threaded as that.
/// </summary>
internal sealed partial class LedgerStore(string pool, ILedgerStorage storage, PlacementIndex index, TimeProvider time, ILogger logger)
{
    /// <summary>How far the stored reservations may be behind.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>What is being written.</summary>
    private readonly List<ReservationRecord[]> _writing = [];

    private Task _flush = Task.CompletedTask;
    private bool _isFailing;

    /// <summary>The epoch under which the index decides; 0 before it has begun.</summary>
    public long Epoch { get; private set; }

    /// <summary>Whether another index has taken over the pool, so that this one must grant nothing.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>Begins a new epoch (ADR 0006): no earlier index can store anything from now on.</summary>
    public async Task BeginAsync() => Epoch = await storage.BeginEpochAsync(pool);

    /// <summary>Fences this index off: one with a higher epoch exists.</summary>
    public void Fence(long higherEpoch)
    {
        if (!IsFenced)
        {
            IsFenced = true;
            LogFenced(pool, Epoch, higherEpoch);
        }
    }

    /// <summary>Writes what changed, if anything did and no write is under way. What could not be written goes with the next flush.</summary>
    /// <remarks>Ends what is over, too: decisions do so first, and the first one after a quiet time would otherwise wait for all that ended in it.</remarks>
    public Task FlushAsync(long nowMs)
    {
        index.Expire(nowMs);
        return _flush.IsCompleted && !IsFenced ? _flush = WriteAsync(nowMs) : Task.CompletedTask;
    }

    /// <summary>Writes the last changes, after a write that may be under way.</summary>
    public async Task CloseAsync(long nowMs)
    {
        await _flush.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await FlushAsync(nowMs);
    }

    /// <summary>Whether the last that is known of the database is that it failed.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>The reservation of a session for a tier, if it is live and certainly stored.</summary>
    public bool TryFindSession(string stickyId, int tier, long nowMs, out ReservationRecord record)
    {
        var isThere = index.TryFindSession(stickyId, tier, nowMs, out var found);
        record = found;
        return isThere && !_writing.Exists(records => records.Any(one => one.Id == found.Id));
    }

    /// <summary>Stores reservations at once. False when that was not possible: then they are not stored, and this index may be fenced.</summary>
    public async Task<bool> StoreAsync(IReadOnlyCollection<Guid> reservationIds, long nowMs)
    {
        var records = new List<ReservationRecord>(reservationIds.Count);
        foreach (var id in reservationIds)
        {
            if (index.TryTakeReservation(id, nowMs, out var record))
            {
                records.Add(record);
            }
        }

        return records.Count == 0 ? !IsFenced : await TryAppendAsync([.. records], [], nowMs);
    }

    private async Task WriteAsync(long nowMs)
    {
        if (index.HasReservationChanges)
        {
            var (granted, ended) = index.TakeReservationChanges(nowMs);
            if (granted.Length + ended.Length > 0 && !await TryAppendAsync(granted, ended, nowMs))
            {
                return;
            }
        }

        await TryTrimAsync();
    }

    private async Task<bool> TryAppendAsync(ReservationRecord[] granted, EndedReservation[] ended, long nowMs)
    {
        _writing.Add(granted);
        try
        {
            var now = time.GetUtcNow();

            // On the thread pool, because serializing thousands of reservations would hold up decisions.
            if (await Task.Run(() => storage.AppendAsync(pool, Epoch, ToEntry(granted, ended, now, nowMs))))
            {
                Worked();
                return true;
            }

            Fence(Epoch + 1);
        }
#pragma warning disable CA1031 // A disk in trouble must not end the index.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failed(error);
            index.PutBackChanges(granted.Select(static one => one.Id), ended, nowMs);
        }
        finally
        {
            _writing.Remove(granted);
        }

        return false;
    }

    private async Task TryTrimAsync()
    {
        try
        {
            await storage.TrimAsync(time.GetUtcNow());
        }
#pragma warning disable CA1031 // What is left is over; the next trim takes it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failed(error);
        }
    }

    private void Worked()
    {
        if (_isFailing)
        {
            _isFailing = false;
            LogFlushed(pool);
        }
    }

    private void Failed(Exception error)
    {
        if (!_isFailing)
        {
            _isFailing = true;
            LogFlushFailed(pool, error.Message);
        }
    }

    private static LedgerEntry ToEntry(ReservationRecord[] granted, EndedReservation[] ended, DateTimeOffset now, long nowMs)
    {
        var lastMs = Math.Max(
            granted.Length == 0 ? 0 : (long)granted.Max(static one => one.Remaining.TotalMilliseconds), ended.Length == 0 ? 0
                : ended.Max(static one => one.ExpiresAt) - nowMs);
        return new LedgerEntry
        {
            WrittenAt = now,

            // A flush interval more: an end must be remembered for longer than the grant.
            EndsAt = now + TimeSpan.FromMilliseconds(lastMs) + FlushInterval,
            Granted = [.. granted.Select(one => LedgerRestore.Format(one, now))],
            Ended = [.. ended.Select(static one => one.Id)],
        };
    }

    [LoggerMessage(311, LogLevel.Error, "The reservations of pool {Pool} could not be stored and will be tried again every second: {Message}")]
    private partial void LogFlushFailed(string pool, string message);

    [LoggerMessage(312, LogLevel.Information, "The reservations of pool {Pool} are stored again")]
    private partial void LogFlushed(string pool);

    [LoggerMessage(313, LogLevel.Critical,
        "Another process decides for pool {Pool} (epoch {Higher}, this one has {Epoch}): two use one database. This one grants nothing more; stop one of the two, and start the other again")]
    private partial void LogFenced(string pool, long epoch, long higher);
}
