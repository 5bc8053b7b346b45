using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Opsen.Grains.Fleet;

/// <summary>
/// The process's fleet views, one per pool, each made when it is first asked for. As a hosted service it stands behind the silo or client:
/// the views follow the fleet from when that has started until before it stops.
/// </summary>
public sealed class FleetViews(IGrainFactory grains, TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<(FleetView View, Task Poller)>> _views = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _clusterStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The view of a pool. It is empty until its first copy has arrived.</summary>
    public FleetView For(string pool) => _views.GetOrAdd(pool, Start).Value.View;

    /// <summary>The views that were asked for.</summary>
    public IEnumerable<FleetView> All => _views.Values.Select(lazy => lazy.Value.View);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _clusterStarted.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_views.Values.Select(lazy => lazy.Value.Poller));
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private Lazy<(FleetView View, Task Poller)> Start(string pool) => new(() =>
    {
        var view = new FleetView(pool);
        var poller = new FleetPoller(view, grains, time, loggers.CreateLogger<FleetPoller>());

        // Off the caller's scheduler: the first caller may be a grain, whose turns this endless loop must not use.
        return (view, Task.Run(() => FollowAsync(poller)));
    });

    private async Task FollowAsync(FleetPoller poller)
    {
        await _clusterStarted.Task.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await poller.RunAsync(_stopping.Token);
    }
}
