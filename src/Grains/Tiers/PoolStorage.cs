using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Brings a pool's hosts and reservations to storage and back. The list of hosts is written when it changes; reservations follow within <see cref="FlushInterval"/>,
/// so that a decision never waits for a disk. Lives inside the index's grain and is as single-threaded as that.
/// </summary>
internal sealed partial class PoolStorage(
    IPersistentState<PoolHosts> hosts,
    IPersistentState<PoolLedger> ledger,
    PlacementIndex index,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>How far the stored reservations may be behind.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>Hosts asked at once when an index starts.</summary>
    private const int LoadParallelism = 64;

    private Task _hostsWrite = Task.CompletedTask;
    private Task? _nextHostsWrite;
    private long _storedVersion = index.ReservationVersion;
    private bool _isFlushing;

    /// <summary>Asks every stored host for its state. A host that is registered no more is left out; one that cannot be read stops the start, so that it is tried again.</summary>
    public async Task<List<HostSnapshot>> LoadHostsAsync(IGrainFactory grains, CancellationToken cancellation)
    {
        var snapshots = new List<HostSnapshot>(hosts.State.ClientIds.Count);
        foreach (var chunk in hosts.State.ClientIds.Chunk(LoadParallelism))
        {
            var answers = await Task.WhenAll(chunk.Select(id => grains.GetGrain<IBackendGrain>(id).GetSnapshot())).WaitAsync(cancellation);
            snapshots.AddRange(answers.OfType<HostSnapshot>());
        }

        return snapshots;
    }

    /// <summary>Puts the stored reservations back whose time has not run out.</summary>
    public void RestoreLedger(long nowMs)
    {
        var now = time.GetUtcNow();
        foreach (var stored in ledger.State.Reservations)
        {
            if (stored.ExpiresAt > now)
            {
                index.RestoreReservation(
                    new ReservationRecord(stored.Id, stored.ClientId, stored.Tier, stored.StickyId, [.. stored.GpuIds], stored.ExpiresAt - now), nowMs);
            }
        }
    }

    /// <summary>Writes the list of hosts. Durable when it returns; calls that come while a write is under way share the next one.</summary>
    public Task SaveHostsAsync()
    {
        if (_hostsWrite.IsCompleted)
        {
            return _hostsWrite = WriteHostsAsync();
        }

        return _nextHostsWrite ??= WriteAfterAsync(_hostsWrite);
    }

    /// <summary>Writes the reservations if they changed.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var version = index.ReservationVersion;
        if (version == _storedVersion || _isFlushing)
        {
            return;
        }

        _isFlushing = true;
        try
        {
            var now = time.GetUtcNow();
            ledger.State.Reservations = [.. index.ExportReservations(NowMs).Select(reservation => new StoredReservation(
                reservation.Id,
                reservation.ClientId,
                reservation.Tier,
                reservation.StickyId,
                [.. reservation.GpuIds],
                now + reservation.Remaining))];
            await ledger.WriteStateAsync(cancellation);
            _storedVersion = version;
        }
#pragma warning disable CA1031 // A disk in trouble must not end the index; the next tick tries again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFlushFailed(error.Message);
        }
        finally
        {
            _isFlushing = false;
        }
    }

    private long NowMs => (long)time.GetElapsedTime(0, time.GetTimestamp()).TotalMilliseconds;

    private async Task WriteAfterAsync(Task write)
    {
        await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _nextHostsWrite = null;
        await (_hostsWrite = WriteHostsAsync());
    }

    private Task WriteHostsAsync()
    {
        hosts.State.ClientIds = [.. index.Hosts.Select(host => host.ClientId)];
        return hosts.WriteStateAsync();
    }

    [LoggerMessage(311, LogLevel.Error, "The reservations could not be stored and will be tried again: {Message}")]
    private partial void LogFlushFailed(string message);
}
