namespace Opsen.Gateway.Geo;

/// <summary>Makes <see cref="GeoLocator"/> open its file at start, where a bad one must be noticed, and follow it afterwards.</summary>
internal sealed class GeoRefresh(GeoLocator locator, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);

        // Disposing the timer ends the loop normally. A cancelled wait would be reported as a host failure.
        await using var stop = stoppingToken.UnsafeRegister(static state => ((PeriodicTimer)state!).Dispose(), timer);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            locator.Refresh();
        }
    }
}
