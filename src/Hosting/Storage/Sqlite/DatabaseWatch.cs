using Opsen.Grains;
using Opsen.Hosting.Admin;
using Opsen.Hosting.Storage.Sqlite.Takeover;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Says what was taken over at the start, and notices that the database's file was deleted or replaced although nothing writes, and says so in the log
/// and at <c>/health/ready</c>.</summary>
internal sealed partial class DatabaseWatch(
    SqliteFile file,
    SqliteTrouble trouble,
    TimeProvider time,
    ILogger<DatabaseWatch> logger,
    Readiness? readiness = null,
    TakenOver? takenOver = null) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (takenOver is not null)
        {
            LogTakenOver(file.Path, takenOver.Hosts, takenOver.Sessions, takenOver.LeftOut);
        }

        readiness?.Require(() => file.IsOurs);
        await PeriodicLoop.RunAsync(Interval, time, LookAsync, worksAtStop: false, stoppingToken);
    }

    private Task LookAsync()
    {
        trouble.Looked(file.IsOurs);
        return Task.CompletedTask;
    }

    [LoggerMessage(518, LogLevel.Information, "{Database} was the reference implementation's: {Hosts} hosts and {Sessions} sessions are taken over, {LeftOut} could not be. Its tables are kept as reference_clients, reference_stats and reference_sticky_assignments")]
    private partial void LogTakenOver(string database, int hosts, int sessions, int leftOut);
}
