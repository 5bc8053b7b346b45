using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Opsen.Grains.Fleet;

/// <summary>The process's fleet views, one per pool, each started when it is first asked for and kept up to date until the process ends.</summary>
public sealed class FleetViews(IGrainFactory grains, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<(FleetView View, Task Poller)>> _views = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The view of a pool. It is empty until its first copy has arrived.</summary>
    public FleetView For(string pool) => _views.GetOrAdd(pool, Start).Value.View;

    /// <summary>Stops all views.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_views.Values.Select(lazy => lazy.Value.Poller));
        _stopping.Dispose();
    }

    private Lazy<(FleetView View, Task Poller)> Start(string pool) => new(() =>
    {
        var view = new FleetView(pool);
        var poller = new FleetPoller(view, grains, time, loggers.CreateLogger<FleetPoller>());

        // Off the caller's scheduler: the first caller may be a grain, whose turns this endless loop must not use.
        return (view, Task.Run(() => poller.RunAsync(_stopping.Token)));
    });
}
