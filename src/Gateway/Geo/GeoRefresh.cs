using Opsen.Grains;

namespace Opsen.Gateway.Geo;

/// <summary>Makes <see cref="GeoLocator"/> open its file at start, where a bad one must be noticed, and follow it afterwards.</summary>
internal sealed class GeoRefresh(GeoLocator locator, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        PeriodicLoop.RunAsync(Interval, time, RefreshAsync, worksAtStop: false, stoppingToken);

    private Task RefreshAsync()
    {
        locator.Refresh();
        return Task.CompletedTask;
    }
}
