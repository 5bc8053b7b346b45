using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Sends placement requests to the pool's index, one grain call at a time: what is asked for while a call is under way travels together in the next one.
/// A lone request waits for nobody, and under load one call carries many decisions.
/// </summary>
public sealed class PlacementBatcher(IGrainFactory grains, ServerOptions options)
{
    /// <summary>Bounds one turn of the index; what is over goes with the next call.</summary>
    private const int MaxBatch = 256;

    /// <summary>Requests that may wait; one more is turned away, because it would only wait past its deadline.</summary>
    private const int MaxWaiting = 8192;

    private static readonly Task<PlacementDecision> TurnedAway = Task.FromResult(new PlacementDecision { Outcome = RouteOutcome.Overloaded });

    private readonly Lock _lock = new();
    private List<Pending> _waiting = [];
    private bool _isSending;
    private ITierIndexGrain? _index;

    /// <summary>Asks for a placement. Fails as the grain call fails; a failure leaves open whether a reservation was made.</summary>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request)
    {
        var pending = new Pending(request);
        lock (_lock)
        {
            if (_waiting.Count >= MaxWaiting)
            {
                return TurnedAway;
            }

            _waiting.Add(pending);
            if (_isSending)
            {
                return pending.Task;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
        return pending.Task;
    }

    private async Task SendAllAsync()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                // Not before: until a client has met a silo, it knows no grain.
                _index ??= grains.GetGrain<ITierIndexGrain>(options.Pool);
                var decisions = await _index.Place([.. batch.Select(pending => pending.Request)]).ConfigureAwait(false);
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].SetResult(decisions[i]);
                }
            }
#pragma warning disable CA1031 // Every caller of the batch gets the failure.
            catch (Exception error)
#pragma warning restore CA1031
            {
                batch.ForEach(pending => pending.TrySetException(error));
            }
        }
    }

    private List<Pending>? TakeBatch()
    {
        lock (_lock)
        {
            var batch = _waiting;
            if (batch.Count == 0)
            {
                _isSending = false;
                return null;
            }

            _waiting = batch.Count > MaxBatch ? batch[MaxBatch..] : [];
            return batch.Count > MaxBatch ? batch[..MaxBatch] : batch;
        }
    }

    private sealed class Pending(PlacementRequest request)
        : TaskCompletionSource<PlacementDecision>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public PlacementRequest Request { get; } = request;
    }
}
