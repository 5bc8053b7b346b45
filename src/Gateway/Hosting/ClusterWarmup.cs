using Opsen.Gateway.Routing;
using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>
/// Runs after the cluster has started and before the listeners: waits for the fleet and asks each index once, so that the first request does not pay for
/// the first activation. An unresponsive cluster delays the start for a bounded time only.
/// </summary>
internal sealed partial class ClusterWarmup(
    GatewayFleet fleet,
    Placements placements,
    Readiness readiness,
    ServerOptions options,
    TimeProvider time,
    ILogger<ClusterWarmup> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        readiness.Require(() => fleet.Ready.IsCompleted);
        try
        {
            await fleet.Ready.WaitAsync(Patience, time, cancellationToken);
            await placements.WarmUpAsync().WaitAsync(Patience, time, cancellationToken);
            CompareTiers();
        }
        catch (TimeoutException)
        {
            LogNotReady(Patience.TotalSeconds);
        }
        catch (OrleansException error)
        {
            LogNotWarm(error.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void CompareTiers()
    {
        if (!fleet.Tiers.Select(tier => tier.Name).SequenceEqual(options.Tiers.Select(tier => tier.Name)))
        {
            LogOtherTiers(string.Join(", ", fleet.Tiers.Select(tier => tier.Name)));
        }
    }

    [LoggerMessage(3611, LogLevel.Warning, "The fleet is not known after {Seconds} s; starting without it")]
    private partial void LogNotReady(double seconds);

    [LoggerMessage(3612, LogLevel.Warning, "The index does not answer yet: {Message}")]
    private partial void LogNotWarm(string message);

    [LoggerMessage(3613, LogLevel.Warning, "The silo's tiers differ from this gateway's file, and the silo's count: {Tiers}")]
    private partial void LogOtherTiers(string tiers);
}
