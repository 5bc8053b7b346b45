using System.Diagnostics;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>A waiting request, settled once: by its decision, a failure or its deadline. Continuations are queued globally and never inlined, so
/// requests resume in arrival order.</summary>
internal sealed class PendingPlacement(PlacementRequest request, long since) : TaskCompletionSource<PlacementDecision>, IThreadPoolWorkItem
{
    private object? _outcome;

    /// <summary>What is asked for.</summary>
    public PlacementRequest Request { get; } = request;

    /// <summary>When it came, by the monotonic clock.</summary>
    public long Since { get; } = since;

    /// <summary>The span that asked for it; none where nobody traces.</summary>
    public ActivityContext Trace { get; } = Activity.Current is { Recorded: true } asking ? asking.Context : default;

    /// <summary>Whether it has been settled.</summary>
    public bool IsSettled => Volatile.Read(ref _outcome) is not null;

    /// <summary>False if it was settled before.</summary>
    public bool Settle(PlacementDecision decision) => TryEnd(decision);

    /// <summary>False if it was settled before.</summary>
    public bool Fail(Exception error) => TryEnd(error);

    void IThreadPoolWorkItem.Execute()
    {
        if (_outcome is PlacementDecision decision)
        {
            SetResult(decision);
        }
        else
        {
            SetException((Exception)_outcome!);
        }
    }

    private bool TryEnd(object outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }
}
