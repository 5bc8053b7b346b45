using Opsen.Gateway.Requests;
using Opsen.Grains;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Orca;

/// <summary>Brings the latest load report of each host to its grain, once a second at most and without waiting. One that cannot be read is dropped.</summary>
internal sealed partial class OrcaDelivery(OrcaInbox inbox, IGrainFactory grains, TimeProvider time, ILogger<OrcaDelivery> logger) : BackgroundService
{
    /// <summary>Time between two rounds.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two warnings of reports that cannot be read.</summary>
    public static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private long? _lastWarning;
    private long _malformed;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        PeriodicLoop.RunAsync(Interval, time, DeliverAllAsync, worksAtStop: false, stoppingToken);

    private Task DeliverAllAsync()
    {
        foreach (var (clientId, value, isBinary) in inbox.Fetch())
        {
            if (!OrcaHeader.TryRead(value, isBinary, out var report))
            {
                Refuse(clientId, value);
            }
            else if (report is not null)
            {
                _ = DeliverAsync(clientId, report);
            }
        }

        return Task.CompletedTask;
    }

    private async Task DeliverAsync(string clientId, UtilizationReport report)
    {
        try
        {
            await grains.GetGrain<IBackendGrain>(clientId).ReportUtilization(report);
        }
#pragma warning disable CA1031 // Whatever the cluster throws: the next report is never far away.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogLost(clientId, error.Message);
        }
    }

    private void Refuse(string clientId, string value)
    {
        _malformed++;
        if (_lastWarning is { } last && time.GetElapsedTime(last) < WarningInterval)
        {
            return;
        }

        LogMalformed(clientId, FieldChecks.Quote(value), _malformed);
        _lastWarning = time.GetTimestamp();
        _malformed = 0;
    }

    [LoggerMessage(3401, LogLevel.Warning, "Host {Host} sends a load report that cannot be read: {Value}; {Count} such since the last warning")]
    private partial void LogMalformed(string host, string value, long count);

    [LoggerMessage(3402, LogLevel.Debug, "A load report of host {Host} was lost: {Message}")]
    private partial void LogLost(string host, string message);
}
