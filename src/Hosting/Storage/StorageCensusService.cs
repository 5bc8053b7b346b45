using System.Diagnostics.Metrics;
using Opsen.Grains.Budgets;
using Opsen.Grains.Telemetry;

namespace Opsen.Hosting.Storage;

/// <summary>Counts what is stored, at the start and about once a minute, for <see cref="StorageBudget"/>, and tells when a limit is reached.</summary>
internal sealed partial class StorageCensusService : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Counting takes at most one part in this many of the time.</summary>
    private const int RestFactor = 20;

    private readonly StorageBudget _budget;
    private readonly IStorageCensus _census;
    private readonly TimeProvider _time;
    private readonly ILogger<StorageCensusService> _logger;
    private readonly Meter _meter;
    private bool _areSessionsFull;

    /// <summary>A service that has not counted yet.</summary>
    public StorageCensusService(
        StorageBudget budget, IStorageCensus census, IMeterFactory meters, TimeProvider time, ILogger<StorageCensusService> logger)
    {
        (_budget, _census, _time, _logger) = (budget, census, time, logger);
        _meter = meters.Create(OpsenMeter.Name);
        _meter.CreateObservableGauge(
            "opsen.sessions.stored", () => budget.Sessions.Used, "{session}", "Sessions and tiers in the database, of all silos together");
        _meter.CreateObservableGauge("opsen.hosts.stored", () => budget.Hosts.Used, "{host}", "Registered hosts in the database, of all silos together");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            await CountAsync();
            var rest = RestFactor * _time.GetElapsedTime(began);
            await Task.Delay(rest > Interval ? rest : Interval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CountAsync()
    {
        try
        {
            await _budget.CountAsync(_census);
        }
#pragma warning disable CA1031 // Whatever storage says, there is a next time; who needs it logs that it is in trouble.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(error.Message);
            return;
        }

        var (used, most) = (_budget.Sessions.Used, _budget.Sessions.Most);
        var areFull = most > 0 && used >= most;
        if (areFull && !_areSessionsFull)
        {
            LogFull(used);
        }

        _areSessionsFull = areFull;
    }

    [LoggerMessage(527, LogLevel.Warning, "There are {Count} sessions, as many as there may be (max_sessions): new ones get 503 until others end")]
    private partial void LogFull(long count);

    [LoggerMessage(528, LogLevel.Debug, "What is stored could not be counted: {Message}")]
    private partial void LogFailed(string message);
}
