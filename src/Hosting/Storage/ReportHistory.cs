using System.Collections.Concurrent;
using System.Collections.Immutable;
using Opsen.Grains;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage;

/// <summary>The reports of <c>stats_retention_hours</c> as rows of <c>stats</c>: gathered, written together every second, and deleted when they are
/// old.</summary>
internal abstract partial class ReportHistory(ServerOptions options, TimeProvider time, ILogger<ReportHistory> logger) : BackgroundService, IReportHistory
{
    /// <summary>Reports that wait at most while the database cannot be written.</summary>
    internal const int MaxWaiting = 100_000;

    /// <summary>Rows that one write takes, so that new sessions never wait long behind it.</summary>
    private const int InsertSize = 200;

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _retention = TimeSpan.FromHours(options.StatsRetentionHours);
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _forgotten = new();
    private readonly Queue<ReceivedReport> _waiting = new();
    private long _taken;
    private long _lost;
    private bool _isFailing;

    /// <inheritdoc/>
    public void Add(string clientId, DateTimeOffset receivedAt, LoadReport report)
    {
        if (_retention == TimeSpan.Zero)
        {
            return;
        }

        var isFirstLost = false;
        lock (_lock)
        {
            _waiting.Enqueue(new(clientId, receivedAt, report));
            if (_waiting.Count > MaxWaiting)
            {
                _waiting.Dequeue();
                _taken++;
                isFirstLost = _lost++ == 0;
            }
        }

        if (isFirstLost)
        {
            LogFull(MaxWaiting);
        }
    }

    /// <inheritdoc/>
    public abstract Task<IReadOnlyList<HistoryPoint>> ReadAsync(string clientId, DateTimeOffset since);

    /// <inheritdoc/>
    public void Forget(string clientId) => _forgotten.Enqueue(clientId);

    /// <summary>Deletes the reports of forgotten hosts. Call it after a flush, because they may be among what had gathered.</summary>
    internal async Task ForgetAsync()
    {
        while (_forgotten.TryDequeue(out var clientId))
        {
            await DeleteOfHostAsync(clientId);
        }
    }

    /// <summary>Writes what has gathered. False when that failed; it stays for the next flush.</summary>
    internal async Task<bool> FlushAsync()
    {
        while (true)
        {
            ReceivedReport[] part;
            long end;
            lock (_lock)
            {
                part = [.. _waiting.Take(InsertSize)];
                end = _taken + part.Length;
            }

            if (part.Length == 0)
            {
                return true;
            }

            try
            {
                await WriteAsync(part);
            }
#pragma warning disable CA1031 // Whatever storage says, there is a next time.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    LogNotWritten(MaxWaiting, error.Message);
                }

                return false;
            }

            Written(end);
        }
    }

    /// <summary>Deletes what is older than its time; returns how many.</summary>
    internal Task<int> TrimAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return DeleteOutsideAsync(now - _retention, now + _retention, cancellation);
    }

    /// <summary>The point of a stored row.</summary>
    protected static HistoryPoint ToPoint(
        DateTimeOffset time, string cpu, double memoryTotal, double memoryAvailable, double diskTotal, double diskAvailable, string gpus) => HistoryPoint.Of(
        time,
        new LoadReport
        {
            CpuUsage = GrainStateJson.Deserialize<ImmutableArray<double>>(cpu),
            MemoryTotalGb = memoryTotal,
            MemoryAvailableGb = memoryAvailable,
            DiskTotalGb = diskTotal,
            DiskAvailableGb = diskAvailable,
            Gpus = GrainStateJson.Deserialize<ImmutableArray<GpuLoad>>(gpus),
        });

    /// <summary>Writes reports in one transaction.</summary>
    protected abstract Task WriteAsync(IReadOnlyCollection<ReceivedReport> reports);

    /// <summary>Deletes the reports of a host that are stored now.</summary>
    protected abstract Task DeleteOfHostAsync(string clientId);

    /// <summary>Deletes reports that are not between two moments; returns how many. One from far ahead is of a clock that was wrong.</summary>
    protected abstract Task<int> DeleteOutsideAsync(DateTimeOffset oldest, DateTimeOffset newest, CancellationToken cancellation);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(WriteOnAsync(stoppingToken), TrimOnAsync(stoppingToken));

    private void Written(long end)
    {
        long lost;
        lock (_lock)
        {
            // Some of them may have been dropped meanwhile.
            for (; _taken < end; _taken++)
            {
                _waiting.Dequeue();
            }

            lost = _lost;
            _lost = 0;
        }

        if (_isFailing || lost > 0)
        {
            _isFailing = false;
            LogWritten(lost);
        }
    }

    private async Task WriteOnAsync(CancellationToken stopping)
    {
        var isWritten = true;
        await PeriodicLoop.RunAsync(
            FlushInterval,
            time,
            async () =>
            {
                isWritten = await FlushAsync();
                await (isWritten ? ForgetLoggedAsync() : Task.CompletedTask);
            },
            worksAtStop: true,
            stopping);
        if (!isWritten)
        {
            LogLostAtStop(_waiting.Count);
        }
    }

    private async Task ForgetLoggedAsync()
    {
        try
        {
            await ForgetAsync();
        }
#pragma warning disable CA1031 // Whatever storage says, what is left goes when it is old.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotTrimmed(error.Message);
        }
    }

    private Task TrimOnAsync(CancellationToken stopping) =>
        PeriodicLoop.RunAsync(TimeSpan.FromSeconds(options.CleanupIntervalSeconds), time, () => TrimLoggedAsync(stopping), worksAtStop: false, stopping);

    private async Task TrimLoggedAsync(CancellationToken stopping)
    {
        try
        {
            await TrimAsync(stopping);
        }
#pragma warning disable CA1031 // Whatever storage says, there is a next time.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (!stopping.IsCancellationRequested)
            {
                LogNotTrimmed(error.Message);
            }
        }
    }

    [LoggerMessage(505, LogLevel.Warning, "Reports cannot be written into the history; up to {Max} are kept until they can: {Message}")]
    private partial void LogNotWritten(int max, string message);

    [LoggerMessage(506, LogLevel.Warning, "{Max} reports wait for the history to be writable; the oldest are now lost")]
    private partial void LogFull(int max);

    [LoggerMessage(507, LogLevel.Information, "Reports are written into the history again; {Lost} were lost")]
    private partial void LogWritten(long lost);

    [LoggerMessage(508, LogLevel.Warning, "{Count} reports could not be written into the history before the stop")]
    private partial void LogLostAtStop(int count);

    [LoggerMessage(509, LogLevel.Warning, "Old reports could not be deleted, the next clean-up tries again: {Message}")]
    private partial void LogNotTrimmed(string message);

    /// <summary>A report, and when the silo received it.</summary>
    protected readonly record struct ReceivedReport(string ClientId, DateTimeOffset ReceivedAt, LoadReport Report);
}
