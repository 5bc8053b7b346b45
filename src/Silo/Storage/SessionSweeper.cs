using Microsoft.Data.Sqlite;
using Opsen.Grains.Sessions;
using Opsen.Protocol.Configuration;

namespace Opsen.Silo.Storage;

/// <summary>
/// Deletes the rows of sessions that nobody has used for their time to live. A session in use is written at least every <see cref="SessionLifetime.TouchInterval"/>,
/// so a row's age tells. A grain that still holds such a row finds it gone at its next write and starts anew.
/// </summary>
internal sealed partial class SessionSweeper(
    ServerOptions options,
    SingleWriterSqliteDataSource database,
    TimeProvider time,
    ILogger<SessionSweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.CleanupIntervalSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <summary>Deletes what is too old now.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var timeToLive = TimeSpan.FromMinutes(options.StickyTtlMinutes);
        var oldest = time.GetUtcNow() - timeToLive - SessionLifetime.TouchInterval(timeToLive);
        try
        {
            await using var connection = (SqliteConnection)await database.OpenConnectionAsync(cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM opsen_grain_state WHERE state_name = 'session' AND service_id = @service AND modified_at < @oldest";
            command.Parameters.AddWithValue("@service", options.ServiceId);
            command.Parameters.AddWithValue("@oldest", oldest.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            var count = await command.ExecuteNonQueryAsync(cancellation);
            if (count > 0)
            {
                LogSwept(count);
            }
        }
        catch (SqliteException error)
        {
            LogFailed(error.Message);
        }
    }

    [LoggerMessage(501, LogLevel.Information, "{Count} sessions were not used for their time to live and are gone")]
    private partial void LogSwept(int count);

    [LoggerMessage(502, LogLevel.Warning, "Unused sessions could not be deleted, the next clean-up tries again: {Message}")]
    private partial void LogFailed(string message);

    [LoggerMessage(503, LogLevel.Debug, "The clean-up of sessions has ended")]
    private partial void LogStopped();
}
