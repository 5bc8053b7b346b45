using Opsen.Grains;
using Opsen.Grains.Sessions;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage;

/// <summary>Deletes, at an interval, assignments unused for their time to live (<see cref="SessionLifetime.OldestUse"/>).</summary>
internal sealed partial class SessionSweeper(
    ISessionStore sessions,
    ServerOptions options,
    TimeProvider time,
    ILogger<SessionSweeper> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => PeriodicLoop.RunAsync(
        TimeSpan.FromSeconds(options.CleanupIntervalSeconds), time, () => SweepAsync(stoppingToken), worksAtStop: false, stoppingToken);

    private async Task SweepAsync(CancellationToken cancellation)
    {
        var timeToLive = TimeSpan.FromMinutes(options.StickyTtlMinutes);
        try
        {
            if (await sessions.SweepAsync(SessionLifetime.OldestUse(time.GetUtcNow(), timeToLive), cancellation) is > 0 and var count)
            {
                LogSwept(count);
            }
        }
#pragma warning disable CA1031 // Whatever storage says, there is a next time.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (!cancellation.IsCancellationRequested)
            {
                LogFailed(error.Message);
            }
        }
    }

    [LoggerMessage(501, LogLevel.Information, "{Count} sessions were not used for their time to live and are gone")]
    private partial void LogSwept(int count);

    [LoggerMessage(502, LogLevel.Warning, "Unused sessions could not be deleted, the next clean-up tries again: {Message}")]
    private partial void LogFailed(string message);
}
