using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Fleet;

/// <summary>Keeps one <see cref="FleetView"/> up to date by asking the index for what changed, over and over. Survives any failure of the index.</summary>
internal sealed partial class FleetPoller(FleetView view, IGrainFactory grains, TimeProvider time, ILogger<FleetPoller> logger)
{
    /// <summary>How long the index may hold a question that has no response yet. Short, because a question to a silo that dies is never answered, and until
    /// it is given up the view stands still.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    /// <summary>How much later than that a response may come.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two questions: changes that come close together travel together.</summary>
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken stopping)
    {
        var index = grains.GetGrain<ITierIndexGrain>(view.Pool);
        var backoff = FirstBackoff;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var changes = await index.GetChanges(view.Epoch, view.Version, Wait).WaitAsync(Wait + Slack, time, stopping);
                if (!view.Apply(changes))
                {
                    throw new InvalidOperationException($"An index of epoch {changes.Epoch} answered, and epoch {view.Epoch} has begun");
                }

                if (backoff != FirstBackoff)
                {
                    LogRecovered(view.Pool);
                    backoff = FirstBackoff;
                }

                await Task.Delay(Coalesce, time, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever went wrong, the next question may succeed; a view that gave up would age silently.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (backoff == FirstBackoff)
                {
                    LogFailed(view.Pool, error.GetType().Name, error.Message);
                }

                await Task.Delay(backoff, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                backoff = TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, MaxBackoff.Ticks));
            }
        }
    }

    [LoggerMessage(201, LogLevel.Warning, "The fleet of pool {Pool} cannot be read ({Error}: {Message}); its last copy stays in use")]
    private partial void LogFailed(string pool, string error, string message);

    [LoggerMessage(202, LogLevel.Information, "The fleet of pool {Pool} can be read again")]
    private partial void LogRecovered(string pool);
}
